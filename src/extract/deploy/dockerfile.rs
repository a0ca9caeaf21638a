//! Dockerfiles: which binary an image is built for and starts.

use std::collections::BTreeSet;

use crate::model::{
    Name,
    deploy::Dockerfile,
    location::{Location, RepoPath},
};

/// Programs that only start the real one.
const WRAPPERS: [&str; 14] = [
    "ash",
    "bash",
    "catchsegv",
    "dumb-init",
    "env",
    "exec",
    "gosu",
    "nice",
    "sh",
    "su-exec",
    "sudo",
    "time",
    "tini",
    "xvfb-run",
];

/// What the file at `path` builds. Where the image's start command is one of the built binaries, it alone is named.
#[must_use]
pub fn read(root: &Name, path: &RepoPath, text: &str) -> Dockerfile {
    let mut built = BTreeSet::new();
    let mut start = Start::default();
    let mut line = 1;
    for (number, instruction) in instructions(text) {
        let Some((keyword, rest)) = instruction.split_once(char::is_whitespace) else {
            continue;
        };
        match keyword.to_ascii_uppercase().as_str() {
            // Each stage starts from nothing; the last one is the image.
            "FROM" => start = Start::default(),
            "RUN" => built.extend(cargo_names(rest)),
            "COPY" | "ADD" => built.extend(copied_binaries(rest)),
            "ENTRYPOINT" => {
                start.entrypoint = command_words(rest);
                line = number;
            }
            "CMD" => {
                start.command = command_words(rest);
                line = number;
            }
            _ => {}
        }
    }
    let started = start.program();
    let builds = match started {
        Some(started) if built.contains(&started) => vec![started.into()],
        started => built
            .into_iter()
            .chain(started)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(Name::from)
            .collect(),
    };
    Dockerfile {
        at: Location {
            line,
            ..Location::of_file(root.clone(), path.clone())
        },
        builds,
    }
}

#[derive(Default)]
struct Start {
    entrypoint: Vec<String>,
    command: Vec<String>,
}

impl Start {
    /// The base name of the program behind shells and init programs.
    fn program(&self) -> Option<String> {
        let words = self.entrypoint.iter().chain(&self.command);
        program(words.map(String::as_str)).map(str::to_owned)
    }
}

/// The base name of the first word that is neither a wrapper nor a flag.
pub(super) fn program<'a>(words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut names = words.map(|word| word.rsplit('/').next().unwrap_or(word));
    names.find(|name| {
        let is_setting = name.contains('=');
        !name.is_empty() && !name.starts_with(['-', '$']) && !is_setting && !WRAPPERS.contains(name)
    })
}

/// Instructions with their first line's number; comments left out, continued lines joined.
fn instructions(text: &str) -> Vec<(u32, String)> {
    let mut instructions: Vec<(u32, String)> = Vec::new();
    let mut is_continued = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') || (line.is_empty() && is_continued) {
            continue;
        }
        let (content, continues) = match line.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (line, false),
        };
        match instructions.last_mut().filter(|_| is_continued) {
            Some((_, instruction)) => {
                instruction.push(' ');
                instruction.push_str(content);
            }
            None => instructions.push((u32::try_from(index + 1).unwrap_or(u32::MAX), content.to_owned())),
        }
        is_continued = continues;
    }
    instructions
}

/// The words of a shell line or of a JSON list, without quotes.
pub(super) fn command_words(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(words) = serde_json::from_str::<Vec<String>>(text)
    {
        // `sh -c "program --flag"` hides the program in one word.
        return words.iter().flat_map(|word| shell_words(word)).collect();
    }
    shell_words(text)
}

/// Words split at blanks; quotes and separators of a shell line dropped.
pub(super) fn shell_words(text: &str) -> Vec<String> {
    let words = text.split(|it: char| it.is_whitespace() || ";&|()".contains(it));
    words
        .map(|word| word.trim_matches(['"', '\'']))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Names after `-p`, `--package` and `--bin` of `cargo build`, `cargo install`, `cargo chef cook`.
fn cargo_names(text: &str) -> Vec<String> {
    let words = shell_words(text);
    let mut names = Vec::new();
    let mut is_cargo = false;
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        match word {
            "cargo" => {
                is_cargo = words
                    .peek()
                    .is_some_and(|next| matches!(*next, "build" | "install" | "chef" | "auditable" | "zigbuild" | "b"))
            }
            "-p" | "--package" | "--bin" if is_cargo => {
                names.extend(words.next().filter(|name| is_name(name)).map(str::to_owned));
            }
            _ => {
                let value = ["--package=", "--bin="].iter().find_map(|flag| word.strip_prefix(flag));
                names.extend(value.filter(|name| is_cargo && is_name(name)).map(str::to_owned));
            }
        }
    }
    names
}

/// Binaries copied out of `target/…/release/`.
fn copied_binaries(text: &str) -> Vec<String> {
    let mut words: Vec<String> = match text.find('[') {
        Some(index) if text.trim_end().ends_with(']') => command_words(&text[index..]),
        _ => shell_words(text),
    };
    // The last word is where they go.
    words.pop();
    words
        .iter()
        .filter(|word| word.contains("target/"))
        .filter_map(|word| {
            let (folder, name) = word.rsplit_once('/')?;
            let is_output = folder.ends_with("/release") || folder.ends_with("/debug");
            (is_output && is_name(name)).then(|| name.to_owned())
        })
        .collect()
}

/// A plain name, not a variable or a pattern.
fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(read(&"r".into(), &"Dockerfile".into(), text).builds, expected);
    }

    #[test]
    fn the_started_binary_counts() {
        check(
            "FROM rust AS build\nRUN cargo build --release --bin api --bin worker\nFROM debian\n\
             COPY --from=build /app/target/release/api /app/target/release/worker /usr/bin/\nCMD [\"/usr/bin/api\", \"-v\"]\n",
            &["api"],
        );
        check(
            "FROM a\nCOPY ${BINARY} /bin/collector\nENTRYPOINT [\"/bin/collector\"]\n",
            &["collector"],
        );
        check(
            "FROM a\nENTRYPOINT [\"/sbin/tini\", \"--\"]\nCMD [\"server\"]\n",
            &["server"],
        );
        check("FROM a\nCMD exec /app/run --port 80\n", &["run"]);
        check(
            "FROM a\nENTRYPOINT [\"sh\", \"-c\", \"RUST_LOG=info ./api\"]\n",
            &["api"],
        );
    }

    #[test]
    fn a_script_is_named_beside_what_was_built() {
        check(
            "FROM rust AS b\nRUN --mount=type=cache cargo build \\\n    # why\n    --package=shop-api --release\nFROM d\n\
             CMD [\"/launch\"]\n",
            &["launch", "shop-api"],
        );
    }

    #[test]
    fn starts_of_earlier_stages_and_other_tools_do_not_count() {
        check(
            "FROM a\nCMD [\"one\"]\nFROM b\nRUN mkdir -p /data && npm install --package x\n",
            &[],
        );
        check("", &[]);
    }

    #[test]
    fn the_place_is_the_start_command() {
        let file = read(&"r".into(), &"d/Dockerfile".into(), "FROM a\n\nCMD [\"x\"]\n");
        assert_eq!((file.at.line, &*file.at.file), (3, "d/Dockerfile"));
    }
}
