//! The model that answers: which one it is, what it was asked, and what that cost.

use super::answer::Api;
use super::cost::Costs;
use super::login::Login;
use super::slash::Local;
use super::{Engine, Setup, side};
use crate::order::SortedSet;
use crate::process::Quit;
use crate::profile::OwnDefinitions;
use crate::template::{Vars, text};
use crate::turn::Usage;
use std::time::{Duration, Instant};

/// The model of a session.
#[derive(Debug)]
pub(super) struct Model {
    /// How the API is asked.
    pub(super) login: Login,
    pub(super) name: String,
    /// Whether nobody has named it.
    by_default: bool,
    /// The model from the next turn on.
    pub(super) next: Option<String>,
    /// The model at the beginning of the turn.
    pub(super) at_turn: String,
    /// The scripted API, where the script gives the model's turns request by request.
    pub(super) api: Option<Api>,
    /// What the session has cost.
    pub(super) costs: Costs,
    /// What no result has told of yet.
    pub(super) unreported: Costs,
    /// How long its answers took.
    pub(super) api_time: Duration,
    /// How many requests were billed.
    pub(super) requests: u64,
    /// The last of them.
    pub(super) last_billed: Option<(Instant, Usage)>,
    /// How many tokens the last answer and what led to it came to.
    pub(super) context_tokens: u64,
    /// Requests on the side.
    pub(super) side: side::Side,
    /// Whether requests no longer say how thinking is shown: without that, the API has taken one that it had found wrong.
    pub(super) undisplayed: bool,
    /// The model that another one stands in for until the turn ends.
    pub(super) fell_back: Option<String>,
    /// Models that were said to be unknown.
    pub(super) noticed: SortedSet<String>,
}

impl Model {
    /// The model that the options, the environment or the settings name; else the version's own.
    pub(super) fn new(setup: &mut Setup, login: Login) -> Model {
        let models = &setup.profile.models;
        let filled = |name: &String| !name.is_empty();
        let of_environment = || setup.settings.var("ANTHROPIC_MODEL").filter(filled);
        let of_settings = || setup.settings.model().map(str::to_owned);
        let named = setup.options.model.clone();
        let named = named.or_else(of_environment).or_else(of_settings);
        let by_default = named.is_none();
        let name = named.map_or_else(
            || default_model(setup, &login),
            |m| models.resolve(&m).to_owned(),
        );
        let carried_over = setup.session.cost.as_ref().map(Costs::carried_over);
        let startup_requests = setup.profile.startup_requests;
        Model {
            login,
            at_turn: name.clone(),
            name,
            by_default,
            next: None,
            api: setup.api.take().map(|api| api.after(startup_requests)),
            costs: carried_over.unwrap_or_default(),
            unreported: Costs::default(),
            api_time: Duration::ZERO,
            requests: 0,
            last_billed: None,
            context_tokens: 0,
            side: side::Side::default(),
            undisplayed: false,
            fell_back: None,
            noticed: SortedSet::new(),
        }
    }
}

/// A model that carries out one turn, and the one that it stands for.
#[derive(Debug)]
pub(super) struct Lent {
    name: String,
    usual: String,
}

impl Engine {
    /// What `/model` says: which one answers, or that the one that it names does from now on.
    pub(super) fn model_command(&mut self, local: &Local) -> Result<String, Quit> {
        let profile = self.setup.profile;
        let given = local.args.as_str();
        if given.is_empty() {
            let known = profile.models.get(&self.model.name).name.as_ref();
            let mut shown = known.unwrap_or(&self.model.name).clone();
            if self.model.by_default {
                shown += " (default)";
            }
            return Ok(format!("Current model: `{shown}`\n{}", local.does.output));
        }
        let bare: String = given.split_whitespace().collect();
        let bare = bare.trim_end_matches("[1m]");
        let by_default = given == "default";
        let name = match by_default {
            true => default_model(&self.setup, &self.model.login),
            false => profile.models.resolve(bare).to_owned(),
        };
        let switch = match self.ask_to_switch(&name, given, "command")? {
            Ok(switch) => switch,
            Err(why) => {
                let name = profile.models.get(&name).name.as_ref().unwrap_or(&name);
                return Ok(format!(
                    "Model switch to {name} was blocked by a PreModelSwitch hook: {why}"
                ));
            }
        };
        self.model.by_default = by_default;
        self.model.name = name;
        let known = profile.models.get(&self.model.name).name.as_deref();
        let mut shown = match local.does.given.get(given) {
            Some(shown) => shown.clone(),
            None => known.unwrap_or(given).to_owned(),
        };
        if self.model.by_default {
            shown += " (default)";
        }
        let mut said = format!("Set model to `{shown}` for this session only");
        if !profile.models.knows(&self.model.name) {
            let vars = Vars::new().with("model", self.model.name.as_str());
            said += &text(profile.text("model_not_recognized"), &vars);
            self.notice_model();
        }
        self.has_switched(&switch)?;
        Ok(said)
    }

    /// Lets another model carry out this turn, as a command of the user's own asks for.
    pub(super) fn lend_model(&mut self, name: &str) -> Lent {
        let profile = self.setup.profile;
        let name = match profile.behaviour.own_definitions {
            // It asks for what is written there.
            OwnDefinitions::AsFound => name,
            _ => profile.models.resolve(name),
        };
        Lent {
            usual: std::mem::replace(&mut self.model.name, name.to_owned()),
            name: name.to_owned(),
        }
    }

    /// The end of such a turn; a model that the client has set meanwhile stays.
    pub(super) fn take_model_back(&mut self, lent: Lent) {
        if self.model.name == lent.name {
            self.model.name = lent.usual;
        }
    }
}

/// The model where nothing names one. A session that goes on has it without the suffix of a large context.
pub(super) fn default_model(setup: &Setup, login: &Login) -> String {
    let models = &setup.profile.models;
    let by_login = login.model_key().and_then(|key| models.by_login.get(key));
    let model = by_login.unwrap_or(&models.default);
    match setup.session.resumed {
        Some(_) => model.trim_end_matches("[1m]").to_owned(),
        None => model.clone(),
    }
}
