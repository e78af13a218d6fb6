//! The stand-alone stand-in.

fn main() {}
