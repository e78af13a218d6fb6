//! The real CLI before the fake Messages API.

use super::Error;
use super::api::Api;
use super::subject::{Call, Model, Ready, Subject};
use std::path::PathBuf;
use std::time::Duration;

/// The real CLI: its executable.
#[derive(Debug, Clone)]
pub struct Real(pub PathBuf);

impl Subject for Real {
    fn ready(&self, call: &Call<'_>) -> Result<Ready, Error> {
        let api = Api::start(call.turns.to_vec()).map_err(|e| Error::io(&self.0, e))?;
        Ok(Ready {
            program: self.0.clone(),
            port: api.port(),
            model: Box::new(api),
        })
    }
}

impl Model for Api {
    fn asked(&self, count: usize, patience: Duration) -> bool {
        self.wait(count, patience)
    }
}
