//! Types as far as they are written, and how they wrap each other.

use std::sync::Arc;

use crate::model::Name;

/// Index into `World::types`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TypeId(pub(crate) u32);

/// Index into `World::functions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FnId(pub(crate) u32);

/// Index into `World::constants`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConstId(pub(crate) u32);

/// Index into `World::modules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModuleId(pub(crate) u32);

/// Generic arguments.
pub(crate) type Args = Arc<[Ty]>;

/// What is known of an expression's type. Cheap to clone. References are transparent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Ty {
    #[default]
    Unknown,
    /// A type of the scanned packages.
    Adt(TypeId, Args),
    /// A type outside, by canonical path: `reqwest::Client`, `std::Vec`.
    Ext(Name, Args),
    /// Some type of an outside crate that has no entry of its own.
    Foreign(Name),
    /// A generic parameter; its bounds are looked up in the function and impl around.
    Param(Name),
    Tuple(Args),
    /// What awaiting it gives.
    Future(Arc<Ty>),
    /// A closure or function pointer: parameters and result.
    Fn(Args, Arc<Ty>),
    /// A trait object or `impl Trait`; traits of the scanned packages and outside ones.
    Dyn(Arc<[Ty]>),
    /// A number, bool, char, str or unit.
    Prim(Name),
    Never,
}

impl Ty {
    pub(crate) fn ext(path: &str, args: &[Self]) -> Self {
        Self::Ext(Name::new(path), args.into())
    }

    pub(crate) fn prim(name: &str) -> Self {
        Self::Prim(Name::new(name))
    }

    pub(crate) fn option(of: Self) -> Self {
        Self::ext("std::Option", &[of])
    }

    pub(crate) fn result(ok: Self, err: Self) -> Self {
        Self::ext("std::Result", &[ok, err])
    }

    pub(crate) fn iter(of: Self) -> Self {
        Self::ext("std::Iterator", &[of])
    }

    pub(crate) fn future(of: Self) -> Self {
        Self::Future(Arc::new(of))
    }

    pub(crate) fn function(params: &[Self], ret: Self) -> Self {
        Self::Fn(params.into(), Arc::new(ret))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The name and arguments of a std type (`Option`, `Vec`), without the `std::`.
    pub(crate) fn as_std(&self) -> Option<(&str, &[Self])> {
        match self {
            Self::Ext(path, args) => path.strip_prefix("std::").map(|name| (name, args.as_ref())),
            _ => None,
        }
    }

    /// The `idx`th generic argument, or unknown.
    pub(crate) fn arg(&self, idx: usize) -> Self {
        match self {
            Self::Adt(_, args) | Self::Ext(_, args) | Self::Tuple(args) => args.get(idx).cloned().unwrap_or_default(),
            _ => Self::Unknown,
        }
    }

    /// One step of dereferencing through what wraps a value without changing what can be called on it.
    pub(crate) fn deref(&self) -> Option<Self> {
        let (name, args) = self.as_std()?;
        TRANSPARENT
            .contains(&name)
            .then(|| args.first().cloned().unwrap_or_default())
    }

    /// Whether both are the same type, whatever their arguments.
    pub(crate) fn is_same_head(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Adt(a, _), Self::Adt(b, _)) => a == b,
            (Self::Ext(a, _), Self::Ext(b, _)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => a.len() == b.len(),
            (Self::Prim(a), Self::Prim(b)) => {
                // A bare literal is any number.
                a == b || a == "int" && is_integer(b) || b == "int" && is_integer(a)
            }
            _ => false,
        }
    }

    /// What `?` or `unwrap` gives of it.
    pub(crate) fn unwrapped(&self) -> Self {
        match self.as_std() {
            Some(("Option" | "Result" | "Poll" | "ControlFlow", args)) => args.first().cloned().unwrap_or_default(),
            _ => match self {
                Self::Foreign(_) => self.clone(),
                _ => Self::Unknown,
            },
        }
    }

    /// What `.await` gives of it.
    pub(crate) fn awaited(&self) -> Self {
        match self {
            Self::Future(of) => of.as_ref().clone(),
            Self::Ext(..) => match self.deref() {
                Some(inner) => inner.awaited(),
                None => match self.as_std() {
                    Some(("JoinHandle", args)) => Self::result(
                        args.first().cloned().unwrap_or_default(),
                        Self::ext("tokio::task::JoinError", &[]),
                    ),
                    _ => self.clone(),
                },
            },
            Self::Foreign(_) | Self::Dyn(_) | Self::Adt(..) => self.clone(),
            _ => Self::Unknown,
        }
    }

    /// The element type when iterated.
    pub(crate) fn element(&self) -> Self {
        match self {
            // An array literal, where nothing says that it is one.
            Self::Tuple(items) => match items.as_ref() {
                [first, rest @ ..] if rest.iter().all(|item| item.is_same_head(first)) => first.clone(),
                _ => Self::Unknown,
            },
            Self::Foreign(_) => self.clone(),
            Self::Ext(..) => match self.as_std() {
                Some(("HashMap" | "BTreeMap" | "IndexMap", args)) => Self::Tuple(args.into()),
                Some((
                    "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "Iterator" | "Slice" | "Option" | "Stream" | "Range"
                    | "BinaryHeap" | "JoinSet" | "Receiver",
                    args,
                )) => args.first().cloned().unwrap_or_default(),
                _ => self.deref().map(|inner| inner.element()).unwrap_or_default(),
            },
            _ => Self::Unknown,
        }
    }

    /// Replace generic parameters.
    pub(crate) fn substitute(&self, of: &dyn Fn(&Name) -> Option<Self>) -> Self {
        let all = |args: &Args| -> Args { args.iter().map(|arg| arg.substitute(of)).collect() };
        match self {
            Self::Param(name) => of(name).unwrap_or_else(|| self.clone()),
            Self::Adt(id, args) if !args.is_empty() => Self::Adt(*id, all(args)),
            Self::Ext(path, args) if !args.is_empty() => Self::Ext(path.clone(), all(args)),
            Self::Tuple(args) => Self::Tuple(all(args)),
            Self::Future(inner) => Self::Future(Arc::new(inner.substitute(of))),
            Self::Fn(params, ret) => Self::Fn(all(params), Arc::new(ret.substitute(of))),
            Self::Dyn(bounds) => Self::Dyn(all(bounds)),
            other => other.clone(),
        }
    }

    /// Learn generic parameters by holding a declared type against an actual one.
    pub(crate) fn learn(&self, actual: &Self, into: &mut Vec<(Name, Self)>) {
        match (self, actual) {
            (Self::Param(name), actual) if !actual.is_unknown() => {
                if !into.iter().any(|(known, _)| known == name) {
                    into.push((name.clone(), actual.clone()));
                }
            }
            (Self::Adt(left, a), Self::Adt(right, b)) if left == right => Self::learn_all(a, b, into),
            (Self::Ext(left, a), Self::Ext(right, b)) if left == right => Self::learn_all(a, b, into),
            (Self::Tuple(a), Self::Tuple(b)) => Self::learn_all(a, b, into),
            (Self::Future(a), Self::Future(b)) => a.learn(b, into),
            (Self::Fn(a, left), Self::Fn(b, right)) => {
                Self::learn_all(a, b, into);
                left.learn(right, into);
            }
            (Self::Dyn(bounds), actual) => {
                for bound in bounds.iter() {
                    bound.learn(actual, into);
                }
            }
            (declared, actual) => {
                if let Some(inner) = actual.deref() {
                    declared.learn(&inner, into);
                }
            }
        }
    }

    fn learn_all(declared: &[Self], actual: &[Self], into: &mut Vec<(Name, Self)>) {
        for (a, b) in declared.iter().zip(actual) {
            a.learn(b, into);
        }
    }

    /// The better known of two.
    pub(crate) fn or(self, other: impl FnOnce() -> Self) -> Self {
        if matches!(self, Self::Unknown | Self::Never) {
            other()
        } else {
            self
        }
    }
}

fn is_integer(name: &str) -> bool {
    name.strip_prefix(['u', 'i'])
        .is_some_and(|rest| rest == "size" || rest.parse::<u8>().is_ok())
}

/// Std and well-known wrappers that method calls see through.
const TRANSPARENT: &[&str] = &[
    "Arc",
    "Box",
    "Rc",
    "Cow",
    "Pin",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "Ref",
    "RefMut",
    "Lazy",
    "LazyLock",
    "LazyCell",
    "ManuallyDrop",
    "AssertUnwindSafe",
    "State",
    "Data",
    "Extension",
    "Wrapping",
    "Reference",
    "ReqData",
    "Guard",
    "OwnedMutexGuard",
    "ArcSwapGuard",
    "CachePadded",
    "ThinData",
    "Instrumented",
    "Into",
];

/// Types that are known by their last name wherever they come from, and the name they get here.
///
/// Containers of other crates behave like their std twins as far as types are concerned.
pub(crate) fn well_known(krate: &str, last: &str) -> Option<&'static str> {
    let std = matches!(krate, "std" | "core" | "alloc");
    Some(match last {
        "Arc" | "Rc" if std || krate == "triomphe" => "std::Arc",
        "Box" if std => "std::Box",
        "Cow" if std => "std::Cow",
        "Pin" if std => "std::Pin",
        "Option" if std => "std::Option",
        "Result" if std => "std::Result",
        "Vec" if std => "std::Vec",
        "SmallVec" | "ArrayVec" | "NonEmpty" => "std::Vec",
        "VecDeque" if std => "std::VecDeque",
        "HashMap" | "FxHashMap" | "AHashMap" | "DashMap" | "IndexMap" => "std::HashMap",
        "BTreeMap" if std => "std::BTreeMap",
        "HashSet" | "FxHashSet" | "IndexSet" => "std::HashSet",
        "BTreeSet" if std => "std::BTreeSet",
        "String" if std => "std::String",
        "Mutex" if std => "std::Mutex",
        "RwLock" if std => "std::RwLock",
        "RefCell" | "Cell" if std => "std::RefCell",
        "Mutex" | "FairMutex" | "ReentrantMutex" if krate == "parking_lot" => "std::PlainMutex",
        "RwLock" if krate == "parking_lot" => "std::PlainRwLock",
        "Mutex" if matches!(krate, "tokio" | "futures" | "async_lock" | "async_std") => "std::AsyncMutex",
        "RwLock" if matches!(krate, "tokio" | "futures" | "async_lock" | "async_std") => "std::AsyncRwLock",
        "OnceLock" | "OnceCell" if std || krate == "once_cell" => "std::OnceCell",
        "OnceCell" if krate == "tokio" || krate == "async_once_cell" => "std::AsyncOnceCell",
        "LazyLock" | "LazyCell" if std => "std::LazyLock",
        "Lazy" if krate == "once_cell" => "std::LazyLock",
        "ArcSwap" | "ArcSwapAny" => "std::ArcSwap",
        "ArcSwapOption" => "std::ArcSwapOption",
        "PhantomData" if std => "std::PhantomData",
        "JoinHandle" => "std::JoinHandle",
        "JoinSet" if krate == "tokio" => "std::JoinSet",
        "FuturesUnordered" | "FuturesOrdered" => "std::FutureSet",
        "Duration" if std || krate == "tokio" => "std::Duration",
        "State" | "Data" | "Extension" | "ReqData" | "ThinData"
            if matches!(krate, "axum" | "actix_web" | "rocket" | "axum_core" | "poem" | "salvo") =>
        {
            "std::State"
        }
        "Instrumented" => "std::Instrumented",
        _ => return None,
    })
}
