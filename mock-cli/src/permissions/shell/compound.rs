//! Reading compound commands: conditionals, loops, groups, functions.

use super::parse::{Parser, Unparsed, is_name};
use super::syntax::{Command, Kind, Pipeline, Script, Statement, Word};

impl Parser<'_> {
    /// A compound command, if one begins here.
    pub(super) fn compound(&mut self) -> Result<Option<Kind>, Unparsed> {
        if self.rest().starts_with("((")
            && let Some(inside) = self.arithmetic(2)
        {
            return Ok(Some(Kind::Arithmetic(inside)));
        }
        if self.eat("(") {
            let script = self.script(&[])?;
            return match !script.statements.is_empty() && self.eat(")") {
                true => Ok(Some(Kind::Subshell(script))),
                false => Err(Unparsed),
            };
        }
        let kind = if self.keyword("{") {
            let script = self.body(&["}"])?;
            self.expect("}")?;
            Kind::Group(script)
        } else if self.keyword("if") {
            self.conditional()?
        } else if self.keyword("while") || self.keyword("until") {
            let condition = self.body(&["do"])?;
            Kind::Loop(condition, self.done()?)
        } else if self.keyword("for") {
            self.skip_blanks();
            if self.rest().starts_with("((") {
                self.arithmetic(2).ok_or(Unparsed)?;
                self.eat(";");
                self.skip_lines()?;
                Kind::Counting(self.done()?)
            } else {
                let (words, body) = self.iteration()?;
                Kind::For(words, body)
            }
        } else if self.keyword("select") {
            let (words, body) = self.iteration()?;
            Kind::Select(words, body)
        } else if self.keyword("case") {
            self.choice()?
        } else if self.keyword("[[") {
            self.test()?
        } else if self.keyword("function") {
            self.word()?.ok_or(Unparsed)?;
            if self.eat("(") && !self.eat(")") {
                return Err(Unparsed);
            }
            self.function()?
        } else {
            return Ok(None);
        };
        Ok(Some(kind))
    }

    fn conditional(&mut self) -> Result<Kind, Unparsed> {
        let mut scripts = vec![self.body(&["then"])?];
        self.expect("then")?;
        loop {
            scripts.push(self.body(&["elif", "else", "fi"])?);
            if self.keyword("elif") {
                scripts.push(self.body(&["then"])?);
                self.expect("then")?;
            } else if self.keyword("else") {
                scripts.push(self.body(&["fi"])?);
                self.expect("fi")?;
                break;
            } else {
                self.expect("fi")?;
                break;
            }
        }
        Ok(Kind::If(scripts))
    }

    /// `do …; done`
    fn done(&mut self) -> Result<Script, Unparsed> {
        self.skip_lines()?;
        self.expect("do")?;
        let body = self.body(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    /// The name, the words and the body of a loop over words.
    fn iteration(&mut self) -> Result<(Vec<Word>, Script), Unparsed> {
        let name = self.word()?.ok_or(Unparsed)?;
        if !name.bare().is_some_and(is_name) {
            return Err(Unparsed);
        }
        self.skip_lines()?;
        let mut words = Vec::new();
        if self.keyword("in") {
            while let Some(word) = self.word()? {
                words.push(word);
            }
        }
        self.eat(";");
        Ok((words, self.done()?))
    }

    fn choice(&mut self) -> Result<Kind, Unparsed> {
        let word = self.word()?.ok_or(Unparsed)?;
        self.skip_lines()?;
        self.expect("in")?;
        let mut branches = Vec::new();
        loop {
            self.skip_lines()?;
            if self.keyword("esac") {
                return Ok(Kind::Case(word, branches));
            }
            self.eat("(");
            self.word()?.ok_or(Unparsed)?;
            while self.eat("|") {
                self.word()?.ok_or(Unparsed)?;
            }
            if !self.eat(")") {
                return Err(Unparsed);
            }
            branches.push(self.script(&["esac"])?);
            if !(self.eat(";;&") || self.eat(";;") || self.eat(";&")) {
                self.expect("esac")?;
                return Ok(Kind::Case(word, branches));
            }
        }
    }

    /// What stands in `[[ … ]]`: words, the operators among them.
    fn test(&mut self) -> Result<Kind, Unparsed> {
        let mut words = Vec::new();
        loop {
            self.skip_lines()?;
            if self.keyword("]]") {
                return Ok(Kind::Test(words));
            }
            let operators = ["&&", "||", "(", ")", "|", "<", ">"];
            if operators.iter().any(|operator| self.eat(operator)) {
                continue;
            }
            words.push(self.word()?.ok_or(Unparsed)?);
        }
    }

    pub(super) fn function(&mut self) -> Result<Kind, Unparsed> {
        self.skip_lines()?;
        self.deeper()?;
        let span = self.at;
        let body = self.compound()?.ok_or(Unparsed)?;
        self.depth -= 1;
        let command = Command {
            kind: body,
            redirects: Vec::new(),
            span: span..self.at,
        };
        let pipeline = Pipeline {
            negated: false,
            commands: vec![command],
            span: span..self.at,
        };
        let statement = Statement {
            pipelines: vec![(None, pipeline)],
            background: false,
            span: span..self.at,
        };
        Ok(Kind::Function(Script {
            statements: vec![statement],
        }))
    }
}
