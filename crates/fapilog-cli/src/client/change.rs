//! A change of an environment that is taken back when it breaks something.

use serde::Serialize;

use super::{Choice, ClientFailure, Environment, Inventory};
use crate::installer::{run, shown};

/// What an installer is to do.
#[derive(Debug, Clone)]
pub enum Change {
    /// Install these requirements, with these further words.
    Install(Vec<String>),
    /// Remove these distributions.
    Remove(Vec<String>),
}

/// A distribution before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// Its version before; absent when it was not there.
    pub before: Option<String>,
    /// Its version after; absent when it is gone.
    pub after: Option<String>,
}

/// What a change came to.
#[derive(Debug)]
pub struct Done {
    /// What differs.
    pub changed: Vec<Difference>,
    /// What is installed now.
    pub inventory: Inventory,
}

impl Done {
    /// Whether this version was put in.
    pub fn installed(&self, choice: &Choice) -> bool {
        let new = |one: &Difference| one.after.as_deref() == Some(choice.version.as_str());
        self.changed
            .iter()
            .any(|one| one.name == choice.name && new(one))
    }
}

impl Change {
    /// The command that does it.
    pub fn words(&self, environment: &Environment) -> Vec<String> {
        let (installer, python) = (&environment.installer, &environment.python);
        match self {
            Self::Install(words) => installer.install(python, words),
            Self::Remove(names) => installer.uninstall(python, names),
        }
    }

    /// The command that does it, to be read or pasted.
    pub fn command(&self, environment: &Environment) -> String {
        shown(&self.words(environment))
    }

    /// Does it. Whatever worked before must work afterwards, and `needed` plugin distributions
    /// must; else everything is put back.
    pub fn carry_out(
        &self,
        environment: &Environment,
        needed: &[String],
    ) -> Result<Done, ClientFailure> {
        let before = &environment.inventory;
        let failed = run(&self.words(environment)).err();
        let after = environment.ask_again();
        let fault = match (&failed, &after) {
            (Some(failure), _) | (None, Err(failure)) => failure.to_string(),
            (None, Ok(after)) => match new_fault(before, after, needed) {
                Some(fault) => fault,
                None => {
                    return Ok(Done {
                        changed: differences(before, after),
                        inventory: after.clone(),
                    });
                }
            },
        };
        if let (Some(failure), Ok(after)) = (failed, &after)
            && differences(before, after).is_empty()
        {
            // The installer itself left everything as it was, and has said why.
            return Err(failure);
        }
        put_back(environment, fault)
    }
}

/// What does not work that worked before, or should.
fn new_fault(before: &Inventory, after: &Inventory, needed: &[String]) -> Option<String> {
    let known = before.faults();
    for (name, reason) in after.faults() {
        // Only what was there and fails now, or was just put in.
        let removed = !after.plugins.iter().any(|one| one.name == name) && name != "fapilog";
        if !known.contains_key(&name) && !removed {
            return Some(format!("`{name}` does not load: {reason}"));
        }
    }
    let lost = before
        .core()
        .filter(|version| after.core() != Some(version));
    if let Some(version) = lost {
        let now = after.core().unwrap_or("none");
        return Some(format!("the core {version} became {now}"));
    }
    needed
        .iter()
        .find(|name| after.find(name).is_none())
        .map(|name| format!("`{name}` is not there"))
}

fn put_back(environment: &Environment, fault: String) -> Result<Done, ClientFailure> {
    let before = &environment.inventory;
    let (installer, python) = (&environment.installer, &environment.python);
    let commands = match environment.ask_again() {
        Ok(now) => {
            let changed = differences(before, &now);
            let added: Vec<String> = changed
                .iter()
                .filter(|one| one.before.is_none())
                .map(|one| one.name.clone())
                .collect();
            let lost: Vec<String> = changed
                .iter()
                .filter(|one| one.before.is_some())
                .filter_map(|one| before.find(&one.name))
                .flat_map(super::Distribution::requirement)
                .collect();
            let mut commands = Vec::new();
            if !added.is_empty() {
                commands.push(installer.uninstall(python, &added));
            }
            if !lost.is_empty() {
                let words = [vec!["--no-deps".to_owned()], lost].concat();
                commands.push(installer.install(python, &words));
            }
            commands
        }
        Err(failure) => {
            return Err(ClientFailure::NotRolledBack {
                fault,
                reason: failure.to_string(),
                command: "fapilog doctor".to_owned(),
            });
        }
    };
    for words in commands {
        if let Err(failure) = run(&words) {
            return Err(ClientFailure::NotRolledBack {
                fault,
                reason: failure.to_string(),
                command: shown(&words),
            });
        }
    }
    Err(ClientFailure::RolledBack { fault })
}

/// What differs between two moments, by name.
fn differences(before: &Inventory, after: &Inventory) -> Vec<Difference> {
    let (old, new) = (before.versions(), after.versions());
    let mut names: Vec<&str> = old.keys().chain(new.keys()).copied().collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| {
            let identity = |one: Option<&&super::Distribution>| {
                one.map(|one| (one.version.clone(), one.origin.clone()))
            };
            identity(old.get(name)) != identity(new.get(name))
        })
        .map(|name| Difference {
            name: name.to_owned(),
            before: old.get(name).map(|one| one.version.clone()),
            after: new.get(name).map(|one| one.version.clone()),
        })
        .collect()
}
