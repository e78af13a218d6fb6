//! The systems under test: how each is started, spoken to and stopped; and our own reference backend.

pub mod reference;
