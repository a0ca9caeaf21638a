//! `.env` files: names and values, one a line.

use crate::model::{
    Name,
    location::{Location, RepoPath},
    term::{Binding, ConfigKey, ConfigKind},
};

/// One line of a `.env` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: String,
    /// 1-based.
    pub line: u32,
}

/// The variables of a file in order; lines that are none are left out.
#[must_use]
pub fn parse(text: &str) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let name = name.trim();
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it));
        if is_name {
            let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
            variables.push(Variable {
                name: name.to_owned(),
                value: unquoted(value.trim()),
                line,
            });
        }
    }
    variables
}

/// The variables of a file as values for the code beside it. `.env.production` names its environment.
#[must_use]
pub fn bindings(root: &Name, path: &RepoPath, text: &str) -> Vec<Binding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let environment = name
        .strip_prefix(".env.")
        .or_else(|| name.strip_suffix(".env").filter(|stem| !stem.is_empty()))
        .map(Name::from);
    let binding = |variable: Variable| Binding {
        key: ConfigKey {
            kind: ConfigKind::Env,
            name: variable.name.into(),
        },
        value: variable.value.into(),
        scope: None,
        environment: environment.clone(),
        at: Location {
            line: variable.line,
            column: 1,
            ..Location::of_file(root.clone(), path.clone())
        },
    };
    parse(text).into_iter().map(binding).collect()
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside.to_owned();
        }
    }
    // A comment needs a blank before it: `#` is part of many a password and URL.
    value
        .split_once(" #")
        .map_or(value, |(value, _)| value)
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = "# c\nA=1\nexport B = \"x # y\" # c\nC='z'\nD=p#q # c\n\nno line\nE=\n=x\nF=a=b\n";
        let shown: Vec<String> = parse(text)
            .iter()
            .map(|it| format!("{} {}={}", it.line, it.name, it.value))
            .collect();
        assert_eq!(shown, ["2 A=1", "3 B=x # y", "4 C=z", "5 D=p#q", "8 E=", "10 F=a=b"]);
    }

    #[test]
    fn environments_by_name() {
        let environment = |path: &str| bindings(&"r".into(), &path.into(), "A=1")[0].environment.clone();
        assert_eq!(environment("api/.env"), None);
        assert_eq!(environment("api/.env.production").as_deref(), Some("production"));
        assert_eq!(environment("api/development.env").as_deref(), Some("development"));
    }
}
