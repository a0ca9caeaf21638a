//! What the standard library's containers do to types: `Mutex::lock`, `Arc::new`, `HashMap::get`.
//!
//! Only result types and closure parameters; what leaves the process is the catalogue's business.

use crate::{
    model::{
        Name,
        call::EvidenceClass,
        expr::{Arg, ExprId, ExprKind, Path, TypeRef},
    },
    resolve::ty::Ty,
};

use super::{Callee, Inferer};

impl<'a> Inferer<'_, 'a> {
    /// Functions and constructors of std and its twins, by full path. `None` = not one of them.
    pub(super) fn std_function(
        &mut self,
        id: ExprId,
        full: &[Name],
        path: &'a Path,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let krate = full.first()?.as_str();
        let last = full.last()?.as_str();
        let of = full
            .len()
            .checked_sub(2)
            .map(|idx| full[idx].as_str())
            .unwrap_or_default();
        let is_std = krate == "std";
        let first = |this: &mut Self, wanted: &Ty| {
            args.first()
                .map(|arg| this.infer(arg.value, wanted))
                .unwrap_or_default()
        };
        let ty = match (of, last) {
            (_, "Some") if is_std => Ty::option(first(self, &expected.unwrapped())),
            (_, "Ok") if is_std || krate == "anyhow" => {
                let ok = first(self, &expected.unwrapped());
                Ty::result(ok, expected.arg(1))
            }
            (_, "Err") if is_std => {
                let err = first(self, &expected.arg(1));
                Ty::result(expected.arg(0), err)
            }
            ("mem", "take" | "replace") if is_std => {
                let ty = first(self, expected);
                self.infer_rest(args);
                ty
            }
            ("mem", "drop" | "forget") if is_std => {
                first(self, &Ty::Unknown);
                Ty::prim("()")
            }
            ("future", "ready") => Ty::future(first(self, &Ty::Unknown)),
            ("Default", "default") if is_std => return Some(self.default_of(id, expected)),
            _ => {
                let own = self.world.outside(&full[..full.len() - 1], self.written(path));
                let (name, _) = own.as_std()?;
                let name = Name::new(name);
                match (name.as_str(), last) {
                    (
                        "Arc" | "Box" | "Cow" | "Mutex" | "RwLock" | "AsyncMutex" | "AsyncRwLock" | "PlainMutex"
                        | "PlainRwLock" | "RefCell" | "State" | "ArcSwap" | "Reverse" | "Wrapping",
                        "new" | "pin" | "from" | "from_pointee",
                    ) => {
                        let inner = first(self, &expected.arg(0));
                        let inner = match (last, &inner) {
                            // `Arc::from(Box<T>)` and friends keep the content.
                            ("from", Ty::Ext(..)) if inner.deref().is_some() => inner.deref().unwrap_or_default(),
                            _ => inner,
                        };
                        Ty::Ext(Name::from(format!("std::{name}")), [inner].into())
                    }
                    ("Arc" | "Box", "clone" | "as_ref" | "into_inner" | "try_unwrap" | "new_cyclic") => {
                        let ty = first(self, expected);
                        match last {
                            "clone" => ty,
                            "try_unwrap" => Ty::result(ty.deref().unwrap_or_default(), ty),
                            _ => ty.deref().unwrap_or(ty),
                        }
                    }
                    ("Arc", "downgrade") => {
                        let held = first(self, &Ty::Unknown);
                        Ty::ext("std::Weak", &[held.deref().unwrap_or(held)])
                    }
                    ("LazyLock", "new") => {
                        let of = first(self, &Ty::function(&[], expected.arg(0)));
                        Ty::ext("std::LazyLock", &[self.called(&of)])
                    }
                    ("OnceCell" | "AsyncOnceCell", "new") => expected.clone().or(|| own.clone()),
                    ("OnceCell" | "AsyncOnceCell", "from" | "new_with" | "with_value") => {
                        Ty::Ext(Name::from(format!("std::{name}")), [first(self, &Ty::Unknown)].into())
                    }
                    (
                        "Vec" | "VecDeque" | "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet" | "FutureSet" | "JoinSet",
                        _,
                    )
                    | ("String", _) => {
                        self.infer_args(args);
                        expected.clone().or(|| own.clone())
                    }
                    _ => return None,
                }
            }
        };
        self.out
            .callees
            .insert(id, Callee::Outside(Name::from(full.join("::"))));
        Some(ty)
    }

    /// `Default::default()`: the place around says of what.
    fn default_of(&mut self, id: ExprId, wanted: &Ty) -> Ty {
        let ids = match wanted {
            Ty::Adt(..) => self.associated_functions(wanted, &Name::new("default")),
            _ => Vec::new(),
        };
        let callee = if ids.is_empty() {
            Callee::Outside(Name::new("std::default::Default::default"))
        } else {
            Callee::Own {
                ids,
                class: EvidenceClass::Annotated,
            }
        };
        self.out.callees.insert(id, callee);
        wanted.clone()
    }

    fn written(&self, path: &Path) -> Vec<Ty> {
        path.generics
            .iter()
            .map(|ty| self.world.lower(ty, &self.scope()))
            .collect()
    }

    fn infer_rest(&mut self, args: &[Arg]) {
        for arg in args.iter().skip(1) {
            self.infer(arg.value, &Ty::Unknown);
        }
    }

    /// The result of calling a closure or function value.
    pub(super) fn called(&self, ty: &Ty) -> Ty {
        self.function_type(ty).map_or(Ty::Unknown, |(_, ret)| ret)
    }

    /// A method of a std container. `None` = the container has none of that name: look through it.
    #[expect(clippy::too_many_arguments, reason = "the whole state of one method call")]
    pub(super) fn std_method(
        &mut self,
        _id: ExprId,
        _receiver: ExprId,
        own: &Ty,
        method: &Name,
        generics: &[TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let (container, _) = own.as_std()?;
        let container = container.to_owned();
        match container.as_str() {
            "Option" | "Result" => self.option_method(own, method, args, expected),
            "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "Iterator" | "Stream" | "Range" | "BinaryHeap"
            | "FutureSet" => self.sequence_method(own, method, generics, args, expected),
            "HashMap" | "BTreeMap" => self.map_method(own, method, args, expected),
            "Entry" => match method.as_str() {
                "or_insert_with" | "or_insert" | "or_default" | "or_insert_with_key" => {
                    for arg in args {
                        self.infer(arg.value, &Ty::function(&[], own.arg(1)));
                    }
                    Some(own.arg(1))
                }
                _ => None,
            },
            "Mutex" | "RwLock" => match method.as_str() {
                "lock" | "read" | "write" | "try_lock" | "get_mut" | "into_inner" => {
                    Some(Ty::result(own.arg(0), Ty::Unknown))
                }
                _ => None,
            },
            "PlainMutex" | "PlainRwLock" => match method.as_str() {
                "lock" | "read" | "write" | "get_mut" | "into_inner" | "upgradable_read" => Some(own.arg(0)),
                "try_lock" | "try_read" | "try_write" => Some(Ty::option(own.arg(0))),
                _ => None,
            },
            "RefCell" => match method.as_str() {
                "borrow" | "borrow_mut" | "get" | "take" | "replace" | "into_inner" => {
                    self.infer_args(args);
                    Some(own.arg(0))
                }
                _ => None,
            },
            "AsyncMutex" | "AsyncRwLock" => match method.as_str() {
                "lock" | "read" | "write" | "lock_owned" | "read_owned" | "write_owned" => Some(Ty::future(own.arg(0))),
                "try_lock" | "try_read" | "try_write" => Some(Ty::result(own.arg(0), Ty::Unknown)),
                "blocking_lock" | "get_mut" | "into_inner" => Some(own.arg(0)),
                _ => None,
            },
            "OnceCell" | "AsyncOnceCell" => self.once_method(own, container == "AsyncOnceCell", method, args),
            "ArcSwap" | "ArcSwapOption" => match method.as_str() {
                "load" | "load_full" if container == "ArcSwap" => Some(Ty::ext("std::Arc", &[own.arg(0)])),
                "load" | "load_full" => Some(Ty::option(Ty::ext("std::Arc", &[own.arg(0)]))),
                _ => None,
            },
            "Weak" if method == "upgrade" => Some(Ty::option(Ty::ext("std::Arc", &[own.arg(0)]))),
            "JoinHandle" if method == "join" => Some(Ty::result(own.arg(0), Ty::Unknown)),
            "Into" => match method.as_str() {
                "into" | "as_ref" | "borrow" => Some(own.arg(0)),
                _ => None,
            },
            "JoinSet" => match method.as_str() {
                "join_next" => Some(Ty::future(Ty::option(Ty::result(own.arg(0), Ty::Unknown)))),
                _ => None,
            },
            "String" => self.string_method(method, generics, args, expected),
            _ if matches!(method.as_str(), "clone" | "to_owned") => Some(own.clone()),
            _ => None,
        }
    }

    fn string_method(&mut self, method: &str, generics: &[TypeRef], args: &[Arg], expected: &Ty) -> Option<Ty> {
        let ty = match method {
            "parse" => match generics.first().map(|of| self.world.lower(of, &self.scope())) {
                Some(of) => Ty::result(of, Ty::Unknown),
                None => expected.clone().or(|| Ty::result(Ty::Unknown, Ty::Unknown)),
            },
            "clone" | "to_string" | "to_owned" | "trim" | "to_lowercase" | "to_uppercase" | "as_str" | "replace"
            | "trim_end_matches" | "trim_start_matches" | "into_owned" | "as_ref" | "repeat" | "to_ascii_lowercase"
            | "trim_end" | "trim_start" | "into_boxed_str" | "borrow" | "deref" => Ty::ext("std::String", &[]),
            "split"
            | "lines"
            | "split_whitespace"
            | "rsplit"
            | "splitn"
            | "rsplitn"
            | "split_terminator"
            | "split_inclusive"
            | "matches"
            | "split_ascii_whitespace" => Ty::iter(Ty::ext("std::String", &[])),
            "chars" => Ty::iter(Ty::prim("char")),
            "char_indices" => Ty::iter(Ty::Tuple([Ty::prim("usize"), Ty::prim("char")].into())),
            "find" | "rfind" => Ty::option(Ty::prim("usize")),
            "strip_prefix" | "strip_suffix" | "get" => Ty::option(Ty::ext("std::String", &[])),
            "split_once" | "rsplit_once" => Ty::option(Ty::Tuple(
                [Ty::ext("std::String", &[]), Ty::ext("std::String", &[])].into(),
            )),
            "len" | "capacity" => Ty::prim("usize"),
            "is_empty" | "starts_with" | "ends_with" | "contains" | "eq_ignore_ascii_case" => Ty::prim("bool"),
            "as_bytes" | "into_bytes" | "bytes" => Ty::ext("std::Vec", &[Ty::prim("u8")]),
            _ => return None,
        };
        self.infer_args(args);
        Some(ty)
    }

    fn once_method(&mut self, own: &Ty, is_async: bool, method: &str, args: &[Arg]) -> Option<Ty> {
        let held = own.arg(0);
        let made = if is_async {
            Ty::future(held.clone())
        } else {
            held.clone()
        };
        let (wanted, ty) = match method {
            "get_or_init" => (Ty::function(&[], made.clone()), made),
            "get_or_try_init" => {
                let ty = Ty::result(held.clone(), Ty::Unknown);
                let ty = if is_async { Ty::future(ty) } else { ty };
                (Ty::function(&[], ty.clone()), ty)
            }
            "get" | "get_mut" | "take" | "into_inner" => (Ty::Unknown, Ty::option(held.clone())),
            "set" => (held.clone(), Ty::result(Ty::prim("()"), Ty::Unknown)),
            "clone" => (Ty::Unknown, own.clone()),
            _ => return None,
        };
        let mut learned = Ty::Unknown;
        for arg in args {
            let actual = self.infer(arg.value, &wanted);
            learned = self.output_of(&self.called(&actual));
        }
        if held.is_unknown() && method.starts_with("get_or") {
            return Some(if is_async { Ty::future(learned) } else { learned });
        }
        Some(ty)
    }

    fn map_method(&mut self, own: &Ty, method: &str, args: &'a [Arg], _expected: &Ty) -> Option<Ty> {
        let (key, value) = (own.arg(0), own.arg(1));
        let ty = match method {
            "get" | "get_mut" | "remove" | "insert" => {
                self.infer_args(args);
                Ty::option(value)
            }
            "entry" => {
                self.infer_args(args);
                Ty::ext("std::Entry", &[key, value])
            }
            "values" | "values_mut" | "into_values" => Ty::iter(value),
            "keys" | "into_keys" => Ty::iter(key),
            "iter" | "iter_mut" | "into_iter" | "drain" | "range" | "range_mut" | "extract_if" => {
                self.infer_args(args);
                Ty::iter(Ty::Tuple([key, value].into()))
            }
            "first_key_value" | "last_key_value" | "pop_first" | "pop_last" | "get_key_value" | "remove_entry" => {
                self.infer_args(args);
                Ty::option(Ty::Tuple([key, value].into()))
            }
            "contains_key" | "is_empty" => {
                self.infer_args(args);
                Ty::prim("bool")
            }
            "len" => Ty::prim("usize"),
            "clone" => own.clone(),
            "retain" | "extend" | "clear" => {
                self.infer_args(args);
                Ty::prim("()")
            }
            _ => return None,
        };
        Some(ty)
    }

    /// Infer the first argument; its type.
    pub(super) fn first_arg(&mut self, args: &[Arg], expected: &Ty) -> Ty {
        args.first()
            .map(|arg| self.infer(arg.value, expected))
            .unwrap_or_default()
    }

    /// Infer the argument at `idx` as a closure of `params`, the other arguments plainly; the closure's result.
    pub(super) fn closure_arg(&mut self, args: &'a [Arg], idx: usize, params: &[Ty], ret: &Ty) -> Ty {
        let Some(arg) = args.get(idx) else { return Ty::Unknown };
        let actual = self.infer(arg.value, &Ty::function(params, ret.clone()));
        match &self.body.get(arg.value).kind {
            ExprKind::Path(_) if self.out.references.contains_key(&arg.value) => {
                let id = self.out.references[&arg.value][0];
                self.world.function(id).signature.ret.clone()
            }
            _ => self.called(&actual),
        }
    }
}
