//! Asking the model until it answers: failures, retries and streams that break off (PROTOCOL 4.1, 4.2).

use super::Engine;
use super::answer::{Answer, Reply, Stream};
use super::failure::Failure;
use super::fallback::Fallback;
use super::inject::Injected;
use super::login::Way;
use super::message::Message;
use super::record::Ending;
use super::request::Played;
use super::turn::Turn;
use crate::process::Quit;
use crate::profile::{Billing, BrokenStream, Moment, StreamError};
use crate::turn::{ModelTurn, Usage};
use std::collections::VecDeque;

/// What asking came to.
#[derive(Debug)]
pub(super) enum Asked {
    Answered(Box<Message>),
    Halted,
    Failed(Box<Failure>),
}

/// How a stream came out.
enum Outcome {
    Asked(Asked),
    /// The connection was lost: the question is asked again.
    Again(Box<Failure>),
    /// The request is sent again at once, and the client is not told: for a stream, or for the whole answer.
    Resend {
        whole: bool,
    },
}

impl Engine {
    /// Asks until there is an answer, or no more retries.
    pub(super) fn ask(
        &mut self,
        turn: &mut Turn,
        queued: &mut VecDeque<ModelTurn>,
    ) -> Result<Asked, Quit> {
        let asked = self.model.api.is_some() || self.setup.script.as_ref().is_some_and(|s| s.login);
        if asked && self.model.login.way == Way::None {
            return Ok(Asked::Failed(Box::new(Failure::no_credentials())));
        }
        if turn.requests == 0 {
            let setup = &mut self.setup;
            setup.startup.reach(Moment::Request, &mut setup.ids)?;
        }
        if let Some(failure) = self.get_key() {
            return Ok(Asked::Failed(Box::new(failure)));
        }
        self.compact_if_long(turn)?;
        turn.requests += 1;
        turn.resent = 0;
        turn.owed = None;
        if turn.requests > 1 {
            self.time_passes()?;
        }
        let budget = retries();
        let refused_most = self.refused_retries().unwrap_or(budget);
        let (mut attempt, mut overloads, mut oddities, mut whole) = (0, 0, 0, false);
        // How many retries there were when the last stream broke off: those after it are counted by themselves.
        let mut before = 0;
        let mut shortened = 0;
        let undisplayed = self.model.undisplayed;
        let mut replaced = String::new();
        self.news_told();
        if self.setup.options.partial {
            // Retries are told by lines of their own.
            let vars = self.vars();
            self.emit("requesting", &vars)?;
        }
        loop {
            let mut answer = self.next_answer(queued, whole);
            if whole && !self.setup.profile.behaviour.retries_stream {
                // An answer that replaces a stream has its id, if there was one.
                answer.request_id.clone_from(&replaced);
            }
            let request = answer.request_id.clone();
            if let Some(ms) = answer.delay
                && self.pause("timer", Some(ms))?
            {
                self.note_interruption("[Request interrupted by user]")?;
                return Ok(Asked::Halted);
            }
            let failure = match self.received(turn, answer, whole, &replaced)? {
                Outcome::Asked(asked) => return Ok(asked),
                Outcome::Again(failure) => failure,
                Outcome::Resend { whole: all } => {
                    replaced = request;
                    whole = all;
                    continue;
                }
            };
            if failure.was_cut() || failure.is_malformed() && !whole {
                replaced = request;
                self.time_passes()?;
            }
            let looks_again = failure.status == Some(404) || failure.is_malformed();
            if looks_again && !whole && self.setup.profile.behaviour.retries_stream {
                // It is asked for the whole answer at once, which is no retry.
                whole = true;
                continue;
            }
            if failure.is_odd() && oddities < self.setup.profile.behaviour.bad_request_retries {
                oddities += 1;
                self.model.undisplayed = undisplayed || matches!(oddities, 2 | 5);
                continue;
            }
            if !whole && !self.setup.profile.behaviour.retries_stream {
                // A stream that fails is asked for as a whole at once, which is no retry.
                whole = true;
                continue;
            }
            if failure.can_be_shortened() && shortened < budget {
                // It is sent again at once, for a shorter answer.
                shortened += 1;
                continue;
            }
            if failure.is_overload() {
                overloads += 1;
            }
            let given_up = self.gives_up(&failure, overloads);
            let whole_asked = u32::from(whole && self.setup.profile.behaviour.knows_missing_models);
            let why = match failure.needs_another_model(self.model.login.is_external_key()) {
                _ if self.is_overloaded(&failure, overloads) => Some(Fallback::Overloaded),
                // That takes a retry.
                Some(Fallback::LastResort) if attempt >= budget => None,
                Some(Fallback::Missing) if attempt + whole_asked >= budget => None,
                why => why,
            };
            if let Some(why) = why
                && self.falls_back(why, &failure)?
            {
                (attempt, overloads, before, whole) = (0, 0, 0, false);
                continue;
            }
            if given_up {
                return Ok(Asked::Failed(Box::new(failure.repeated())));
            }
            let quiet = self.setup.profile.behaviour.broken_stream == BrokenStream::Told;
            if (attempt >= budget || quiet) && failure.was_cut() && !whole {
                // The last attempt asks for the whole answer at once.
                whole = true;
                continue;
            }
            let most = match failure.status {
                Some(401) => refused_most,
                _ => budget,
            };
            if attempt >= most || !failure.can_be_retried() {
                return Ok(Asked::Failed(failure));
            }
            self.time_passes()?;
            attempt += 1;
            if failure.was_cut() {
                before = 0;
            }
            let (shown_attempt, most_shown) = (attempt.min(budget) - before, budget - before);
            if failure.was_cut() {
                before = attempt;
            }
            let delay = self.retry_delay(&failure, shown_attempt);
            let shown = match self.setup.profile.behaviour.exact_delays {
                true if failure.retry_after_ms.is_none() => {
                    with_fraction(delay, self.setup.ids.below(1_000_000))
                }
                _ => delay.into(),
            };
            let vars = self
                .vars()
                .with("attempt", shown_attempt)
                .with("max_retries", most_shown)
                .with("retry_delay_ms", shown)
                .with("error_status", failure.status)
                .with("error", failure.kind());
            self.emit("api_retry", &vars)?;
            let vars = vars
                .with("error", failure.kept())
                .with("delay", delay)
                .with("source", failure.retried_as());
            self.keep("api_error", None, &vars);
            if self.pause("retry", Some(delay))? {
                self.note_interruption("[Request interrupted by user]")?;
                return Ok(Asked::Halted);
            }
        }
    }

    fn received(
        &mut self,
        turn: &mut Turn,
        answer: Answer,
        whole: bool,
        replaced: &str,
    ) -> Result<Outcome, Quit> {
        let stream = match answer.reply {
            Reply::Error(error) => {
                let heeds = !self.model.login.is_subscription();
                let failure = Failure::of(&error, &answer.request_id, heeds);
                let failure = self.limited(failure, &error.headers);
                return Ok(Outcome::Again(Box::new(failure)));
            }
            Reply::Malformed(body) => {
                let failure = Failure::malformed(&body, &answer.request_id, replaced);
                return Ok(Outcome::Again(Box::new(failure)));
            }
            Reply::Refused => return Ok(Outcome::Again(Box::new(Failure::refused()))),
            Reply::Dropped => return Ok(Outcome::Again(Box::new(Failure::dropped()))),
            Reply::Stream(stream) => stream,
        };
        let mut message = self.expected(answer.request_id, answer.results);
        message.streams = !whole;
        if whole {
            message.billing = self.setup.profile.behaviour.bills_whole;
        }
        let policy = self.setup.profile.behaviour.broken_stream;
        if stream.cut && policy == BrokenStream::Retry && !stream.slow {
            // What comes all at once is not told of before the loss is seen.
            for pause in stream.pauses() {
                if self.hold(pause)? {
                    self.note_interruption("[Request interrupted by user]")?;
                    return Ok(Outcome::Asked(Asked::Halted));
                }
            }
            return Ok(Outcome::Again(Box::new(Failure::cut())));
        }
        if whole {
            self.tell_limits(&answer.headers)?;
        }
        let played = self.play(turn, &mut message, &stream)?;
        if played == Played::Whole && !stream.cut {
            if message.ends_early() && message.streams {
                turn.late_headers = Some(answer.headers);
            } else {
                self.tell_limits(&answer.headers)?;
            }
        }
        match played {
            Played::Halted => Ok(Outcome::Asked(Asked::Halted)),
            Played::Failed => self.stream_failed(turn, message),
            Played::Whole if stream.cut => self.cut(turn, message, policy),
            Played::Whole => {
                if let Some(usage) = turn.owed.take() {
                    self.bill(turn, &message, usage, Billing::Cost);
                }
                Ok(Outcome::Asked(Asked::Answered(Box::new(message))))
            }
        }
    }

    /// The connection was cut in the middle of an answer.
    fn cut(
        &mut self,
        turn: &mut Turn,
        message: Message,
        policy: BrokenStream,
    ) -> Result<Outcome, Quit> {
        let told = policy == BrokenStream::Told;
        if told && !message.started {
            return Ok(Outcome::Again(Box::new(Failure::dropped())));
        }
        let complete = !message.blocks.is_empty();
        let unseen = complete && message.is_unseen();
        let again = unseen && turn.resent == 0 && policy != BrokenStream::Accept;
        let bills = &self.setup.profile.behaviour.bills_broken;
        let billing = match (told, again) {
            (true, true) => Billing::All,
            (true, false) if unseen || !complete => Billing::Nothing,
            _ => *bills,
        };
        self.broken_off(turn, &message, Ending::Cut, billing);
        if again || policy == BrokenStream::Retry {
            self.close_broken(&message)?;
        } else {
            self.leave_open(turn, &message);
        }
        if again {
            turn.resent += 1;
            return Ok(Outcome::Resend { whole: false });
        }
        let answered = |message| Ok(Outcome::Asked(Asked::Answered(Box::new(message))));
        match policy {
            _ if !complete => Ok(Outcome::Again(Box::new(Failure::cut()))),
            BrokenStream::Accept => answered(message),
            BrokenStream::Told if unseen => Ok(Outcome::Resend { whole: true }),
            BrokenStream::Retry if unseen => Ok(Outcome::Asked(Asked::Failed(Box::new(
                Failure::named("lost_early"),
            )))),
            BrokenStream::Retry => self.resumed(turn, message, Failure::named("lost")),
            BrokenStream::Told | BrokenStream::Again => {
                self.failed_or_called(turn, message, Failure::named("cut_off"))
            }
        }
    }

    /// An error event came instead of the end.
    fn stream_failed(&mut self, turn: &mut Turn, message: Message) -> Result<Outcome, Quit> {
        let policy = self.setup.profile.behaviour.stream_error;
        let kind = message.error.error.as_ref().and_then(|e| e.kind.as_deref());
        let overloaded = kind == Some("overloaded_error");
        let passing = overloaded || kind == Some("api_error");
        let none = message.blocks.is_empty();
        let resumes = policy == StreamError::Resume;
        let again = match policy {
            StreamError::Accept => false,
            StreamError::Fail => none && overloaded,
            StreamError::Resume => passing && message.is_unseen() && (overloaded || !none),
        };
        let again = again && turn.resent < self.setup.profile.behaviour.overloaded_streams;
        // Where the answer may still come, or comes in one piece.
        if policy != StreamError::Accept
            && (none || again || resumes && overloaded && message.is_unseen())
        {
            let billing = match (resumes, overloaded, none) {
                (false, true, _) if !again => Billing::Cost,
                (true, false, false) | (false, true, _) => Billing::All,
                (true, ..) => Billing::Tokens,
                (false, false, _) => Billing::Nothing,
            };
            self.broken_off(turn, &message, Ending::Failed, billing);
            if again || resumes {
                self.close_broken(&message)?;
            } else {
                self.leave_open(turn, &message);
            }
            turn.resent += u32::from(again);
            return Ok(Outcome::Resend { whole: !again });
        }
        if policy == StreamError::Fail || resumes && (!passing || message.is_unseen()) {
            let stop = match policy {
                StreamError::Resume => "end_turn".into(),
                StreamError::Accept | StreamError::Fail => serde_json::Value::Null,
            };
            self.record(&message, stop, message.usage, Ending::Failed);
            let failure = Failure::in_stream(&message.error, &message.request_id);
            self.leave_open(turn, &message);
            return self.failed_or_called(turn, message, failure);
        }
        let billing = self.setup.profile.behaviour.bills_broken;
        self.broken_off(turn, &message, Ending::Failed, billing);
        if policy == StreamError::Accept {
            return Ok(match none {
                true => Outcome::Again(Box::new(Failure::cut())),
                false => Outcome::Asked(Asked::Answered(Box::new(message))),
            });
        }
        self.close_broken(&message)?;
        let failure = Failure::mid_response(&message.error, &message.request_id);
        self.resumed(turn, message, failure)
    }

    /// The model is asked to go on, or the failure is said.
    fn resumed(
        &mut self,
        turn: &mut Turn,
        mut message: Message,
        failure: Failure,
    ) -> Result<Outcome, Quit> {
        let calls = message.tools().next().is_some();
        if !calls && turn.resumed < 3 {
            turn.resumed += 1;
            self.inject(super::RESUME_STREAM, Injected::Companion)?;
            message.stop_reason = Some(super::RESUMED.into());
            return Ok(Outcome::Asked(Asked::Answered(Box::new(message))));
        }
        self.failed_or_called(turn, message, failure)
    }

    /// A failure ends the turn; or where tools were called before, it is said, and they run all the same.
    fn failed_or_called(
        &mut self,
        turn: &mut Turn,
        message: Message,
        failure: Failure,
    ) -> Result<Outcome, Quit> {
        if message.tools().next().is_none() {
            return Ok(Outcome::Asked(Asked::Failed(Box::new(failure))));
        }
        let failure = match self.setup.profile.behaviour.stream_error {
            StreamError::Resume => failure.behind_calls(),
            StreamError::Accept | StreamError::Fail => failure,
        };
        self.say_failure(turn, &failure)?;
        Ok(Outcome::Asked(Asked::Answered(Box::new(message))))
    }

    /// What is kept and counted of an answer without an end.
    fn broken_off(&mut self, turn: &mut Turn, message: &Message, ending: Ending, billing: Billing) {
        if message.started {
            let usage = Usage {
                output: message.usage.output.max(1),
                ..message.usage
            };
            let retries_stream = self.setup.profile.behaviour.retries_stream;
            if self.setup.profile.behaviour.broken_stream == BrokenStream::Retry
                && ending == Ending::Cut
            {
                self.bill(turn, message, usage, Billing::Tokens);
                self.bill(turn, message, message.estimate(), Billing::Cost);
            } else if message.blocks.is_empty() && billing == Billing::All && !retries_stream {
                // It costs something only where the answer comes that is asked for in its place.
                self.bill(turn, message, usage, Billing::Tokens);
                turn.owed = Some(usage);
            } else {
                self.bill(turn, message, usage, billing);
            }
        }
        let stop = match self.setup.profile.behaviour.stream_error {
            StreamError::Resume => "end_turn".into(),
            StreamError::Fail if ending == Ending::Cut => "end_turn".into(),
            StreamError::Accept | StreamError::Fail => serde_json::Value::Null,
        };
        self.record(message, stop, message.usage, ending);
    }

    /// How often a login that the API refuses is tried again, where that is not as often as any request.
    fn refused_retries(&self) -> Option<u32> {
        let behaviour = &self.setup.profile.behaviour;
        let subscription = self.model.login.is_subscription();
        behaviour.refused_login_retries.filter(|_| subscription)
    }

    /// Whether there is no point in trying again: too many overloads in a row.
    fn gives_up(&self, failure: &Failure, overloads: u32) -> bool {
        let behaviour = &self.setup.profile.behaviour;
        let only = behaviour.overload_limit_models.as_deref();
        self.is_overloaded(failure, overloads)
            && only.is_none_or(|part| self.model.name.contains(part))
    }

    /// Whether another model had better be asked, if there is one: whichever this is (seen on 2.1.197 and 2.1.330).
    fn is_overloaded(&self, failure: &Failure, overloads: u32) -> bool {
        failure.is_overload() && overloads >= 3 && !self.model.login.is_subscription()
    }

    /// How long to wait before a retry: what the API asks for, else twice as long each time, with some jitter.
    fn retry_delay(&mut self, failure: &Failure, attempt: u32) -> u64 {
        let base = failure
            .retry_after_ms
            .unwrap_or_else(|| 250_u64.saturating_mul(1 << attempt.min(16)).min(32_000));
        if self.setup.profile.behaviour.exact_delays && failure.retry_after_ms.is_some() {
            return base;
        }
        base + self.setup.ids.below(base / 4 + 1)
    }
}

impl Stream {
    fn pauses(&self) -> impl Iterator<Item = &crate::turn::Pause> {
        self.steps.iter().filter_map(|step| match step {
            super::answer::Step::Pause(pause) => Some(pause),
            super::answer::Step::Event(_) => None,
        })
    }
}

/// Milliseconds with a fraction.
#[expect(clippy::cast_precision_loss, reason = "a delay is far below 2^53 ms")]
fn with_fraction(ms: u64, millionths: u64) -> serde_json::Value {
    (ms as f64 + millionths as f64 / 1e6).into()
}

/// How often a request may be tried again.
fn retries() -> u32 {
    std::env::var("CLAUDE_CODE_MAX_RETRIES")
        .ok()
        .and_then(|n| n.trim().parse().ok())
        .unwrap_or(10)
}
