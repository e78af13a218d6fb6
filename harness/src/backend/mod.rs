//! The system under test: how it is found, started, spoken to and stopped.

mod api;
mod browser;
mod catalog;
mod driver;
mod gate;
pub(crate) mod http;
mod port;
pub mod reference;
mod socket;
mod start;
mod watch;

pub use api::{Abort, Api, DRIVERS, End, Format, Place};
pub use browser::{Browser, find_chromedriver};
pub(crate) use catalog::START_PLACES;
pub use catalog::{Backend, BackendKind, Described, Missing, backends, from_file};
pub use driver::{Driver, Message, OpenChat};
pub use http::{Body, Connection, Http, HttpError, Sent, Window};
pub use port::Port;
pub(crate) use start::ended;
pub use start::until_ready;
pub use watch::{Hangs, Watch};
