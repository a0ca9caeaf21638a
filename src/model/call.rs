//! The attributes of an external call that every later result rests on.

/// Declare a closed vocabulary with the words of the JSON output.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word in the JSON output.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// All words, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// How a call leaves the process.
    Transport {
        Http = "http", Grpc = "grpc", Sql = "sql", Cache = "cache", Queue = "queue", ObjectStore = "object-store",
        Smtp = "smtp", Dns = "dns", Tcp = "tcp", Websocket = "websocket", Process = "process",
    }
}

vocabulary! {
    /// What the call does at its target.
    Effect { Read = "read", Write = "write", Publish = "publish" }
}

vocabulary! {
    /// When the call happens inside its function.
    Condition { Always = "always", Branch = "branch", OnError = "on-error", CacheMiss = "cache-miss", Flag = "flag" }
}

vocabulary! {
    /// In which part of the process's life.
    Phase { Boot = "boot", Serve = "serve", Background = "background" }
}

vocabulary! {
    /// Whether the caller waits for the answer.
    Delivery { Awaited = "awaited", Detached = "detached", Stream = "stream" }
}

vocabulary! {
    /// Does an error answer count as an error here?
    StatusCheck { Checked = "checked", Ignored = "ignored", Unknown = "unknown" }
}

vocabulary! {
    /// What happens to the error.
    Handling { Propagated = "propagated", Logged = "logged", Swallowed = "swallowed", Panics = "panics", Unknown = "unknown" }
}

vocabulary! {
    /// How a caller's receiver or callee was bound (design, section 4).
    EvidenceClass {
        Path = "path", SelfType = "self", Annotated = "annotated", Constructed = "constructed", Field = "field",
        Returned = "returned", Bound = "bound", Dyn = "dyn", InScopeTrait = "in-scope-trait", Heuristic = "heuristic",
    }
}

vocabulary! {
    /// How an entry's failure is seen from outside.
    FailureShowsAs { Status = "status", OkBody = "ok-body", Closed = "closed", Unknown = "unknown" }
}

vocabulary! {
    /// Where work enters a service.
    EntryKind { Http = "http", Grpc = "grpc", Consumer = "consumer", Schedule = "schedule", Main = "main" }
}

vocabulary! {
    /// What a node of the system is.
    ComponentKind {
        Service = "service", Library = "library", External = "external", Datastore = "datastore", Cache = "cache",
        Broker = "broker", Topic = "topic", ObjectStore = "object-store", Mail = "mail", Job = "job",
        Infrastructure = "infrastructure",
    }
}

vocabulary! {
    /// How sure failmap is of an edge or finding.
    Confidence { High = "high", Medium = "medium", Low = "low" }
}
