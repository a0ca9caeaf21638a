//! What the standard library's containers do to types: `Option::map`, `Mutex::lock`, `Arc::new`.
//!
//! Only result types and closure parameters; what leaves the process is the catalogue's business.

use crate::model::{
    Name,
    expr::{Arg, ExprId, ExprKind, Path, TypeRef},
};

use super::{
    infer::{Callee, Inferer},
    ty::Ty,
};

impl<'a> Inferer<'_, 'a> {
    /// Functions and constructors of std and its twins, by full path. `None` = not one of them.
    pub(crate) fn std_function(
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
            ("Default", "default") if is_std => expected.clone(),
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
    pub(crate) fn called(&self, ty: &Ty) -> Ty {
        self.function_type(ty).map_or(Ty::Unknown, |(_, ret)| ret)
    }

    /// A method of a std container. `None` = the container has none of that name: look through it.
    #[expect(clippy::too_many_arguments, reason = "the whole state of one method call")]
    pub(crate) fn std_method(
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
            "Option" | "Result" => self.option_method(own, container == "Result", method, args, expected),
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
            "JoinSet" => match method.as_str() {
                "join_next" => Some(Ty::future(Ty::option(Ty::result(own.arg(0), Ty::Unknown)))),
                _ => None,
            },
            "String" => self.string_method(method, args),
            _ if matches!(method.as_str(), "clone" | "to_owned") => Some(own.clone()),
            _ => None,
        }
    }

    fn string_method(&mut self, method: &str, args: &[Arg]) -> Option<Ty> {
        let ty = match method {
            "clone" | "to_string" | "to_owned" | "trim" | "to_lowercase" | "to_uppercase" | "as_str" | "replace"
            | "trim_end_matches" | "trim_start_matches" | "into_owned" | "as_ref" | "repeat" | "to_ascii_lowercase"
            | "trim_end" | "trim_start" | "into_boxed_str" | "borrow" | "deref" => Ty::ext("std::String", &[]),
            "split" | "lines" | "split_whitespace" | "chars" | "rsplit" | "splitn" => {
                Ty::iter(Ty::ext("std::String", &[]))
            }
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

    #[expect(clippy::too_many_lines, reason = "one row for each shape or method: a table")]
    fn option_method(&mut self, own: &Ty, is_result: bool, method: &str, args: &'a [Arg], expected: &Ty) -> Option<Ty> {
        let held = own.arg(0);
        let err = own.arg(1);
        let rewrap = |held: Ty| {
            if is_result {
                Ty::result(held, err.clone())
            } else {
                Ty::option(held)
            }
        };
        let ty = match method {
            "unwrap" | "expect" | "unwrap_or_default" | "unwrap_unchecked" | "into_ok" => {
                self.infer_args(args);
                held.or(|| expected.clone())
            }
            "unwrap_or" => {
                let other = args.first().map(|arg| self.infer(arg.value, &held)).unwrap_or_default();
                held.or(|| other)
            }
            "unwrap_or_else" => {
                let params: &[Ty] = if is_result { std::slice::from_ref(&err) } else { &[] };
                let of = self.closure_arg(args, 0, params, &held);
                held.or(|| of)
            }
            "unwrap_err" | "expect_err" => err.clone(),
            "map" => {
                let of = self.closure_arg(args, 0, &[held], &Ty::Unknown);
                rewrap(of)
            }
            "map_err" => {
                let of = self.closure_arg(args, 0, std::slice::from_ref(&err), &Ty::Unknown);
                Ty::result(held, of)
            }
            "and_then" => {
                let of = self.closure_arg(args, 0, &[held], expected);
                of.or(|| rewrap(Ty::Unknown))
            }
            "or_else" => {
                let params: &[Ty] = if is_result { std::slice::from_ref(&err) } else { &[] };
                self.closure_arg(args, 0, params, own);
                own.clone()
            }
            "or" | "xor" | "inspect" | "inspect_err" | "filter" | "take" | "replace" | "as_ref" | "as_mut"
            | "as_deref" | "as_deref_mut" | "cloned" | "copied" | "clone" | "to_owned" | "by_ref" | "insert"
            | "context" | "with_context" | "wrap_err" | "wrap_err_with" | "trace" | "log_err" => {
                let params: &[Ty] = if method == "inspect_err" {
                    std::slice::from_ref(&err)
                } else {
                    std::slice::from_ref(&held)
                };
                for arg in args {
                    self.infer(arg.value, &Ty::function(params, Ty::Unknown));
                }
                match method {
                    "context" | "with_context" | "wrap_err" | "wrap_err_with" => Ty::result(held, Ty::Unknown),
                    "as_deref" | "as_deref_mut" => rewrap(held.deref().unwrap_or(held)),
                    "insert" => held,
                    _ => own.clone(),
                }
            }
            "ok" => Ty::option(held),
            "err" => Ty::option(err.clone()),
            "ok_or" | "ok_or_else" => {
                let of = args
                    .first()
                    .map(|arg| self.infer(arg.value, &Ty::Unknown))
                    .unwrap_or_default();
                let err = if method == "ok_or" { of } else { self.called(&of) };
                Ty::result(held, err)
            }
            "map_or" => {
                let default = args
                    .first()
                    .map(|arg| self.infer(arg.value, expected))
                    .unwrap_or_default();
                let of = self.closure_arg(args, 1, &[held], &default);
                of.or(|| default)
            }
            "map_or_else" => {
                let params: &[Ty] = if is_result { std::slice::from_ref(&err) } else { &[] };
                let default = self.closure_arg(args, 0, params, expected);
                let of = self.closure_arg(args, 1, &[held], expected);
                of.or(|| default)
            }
            "is_some" | "is_none" | "is_ok" | "is_err" | "is_some_and" | "is_ok_and" | "is_none_or" | "is_err_and" => {
                let param = if method.starts_with("is_err") {
                    err.clone()
                } else {
                    held
                };
                for arg in args {
                    self.infer(arg.value, &Ty::function(std::slice::from_ref(&param), Ty::prim("bool")));
                }
                Ty::prim("bool")
            }
            "get_or_insert_with" | "get_or_insert" => {
                for arg in args {
                    self.infer(arg.value, &Ty::function(&[], held.clone()));
                }
                held
            }
            "transpose" => match own.arg(0).as_std() {
                Some(("Result", inner)) => Ty::result(
                    Ty::option(inner.first().cloned().unwrap_or_default()),
                    inner.get(1).cloned().unwrap_or_default(),
                ),
                Some(("Option", inner)) => {
                    Ty::option(Ty::result(inner.first().cloned().unwrap_or_default(), err.clone()))
                }
                _ => Ty::Unknown,
            },
            "flatten" => held.or(|| expected.clone()),
            "zip" => {
                let other = args
                    .first()
                    .map(|arg| self.infer(arg.value, &Ty::Unknown))
                    .unwrap_or_default();
                Ty::option(Ty::Tuple([held, other.arg(0)].into()))
            }
            "iter" | "into_iter" | "iter_mut" => Ty::iter(held),
            _ => return None,
        };
        Some(ty)
    }

    #[expect(clippy::too_many_lines, reason = "one row for each shape or method: a table")]
    fn sequence_method(
        &mut self,
        own: &Ty,
        method: &str,
        generics: &[TypeRef],
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let of = own.element();
        let is_stream = matches!(own.as_std(), Some(("Stream" | "FutureSet", _)));
        let of = if matches!(own.as_std(), Some(("FutureSet", _))) {
            own.arg(0).awaited()
        } else {
            of
        };
        let wrap = |of: Ty| {
            if is_stream {
                Ty::ext("std::Stream", &[of])
            } else {
                Ty::iter(of)
            }
        };
        let ty = match method {
            "iter" | "into_iter" | "iter_mut" | "drain" | "rev" | "skip" | "take" | "step_by" | "cloned" | "copied"
            | "peekable" | "fuse" | "chain" | "by_ref" | "dedup" | "sorted" | "into_par_iter" | "par_iter"
            | "cycle" | "boxed" | "into_stream" | "union" | "intersection" | "difference" => {
                self.infer_args(args);
                wrap(of)
            }
            "filter"
            | "take_while"
            | "skip_while"
            | "inspect"
            | "retain"
            | "sort_by_key"
            | "sort_by"
            | "max_by_key"
            | "min_by_key"
            | "find"
            | "position"
            | "any"
            | "all"
            | "for_each"
            | "try_for_each"
            | "partition"
            | "for_each_concurrent"
            | "try_for_each_concurrent"
            | "dedup_by_key"
            | "sorted_by_key" => {
                let n = args.len();
                if n > 1 {
                    self.infer(args[0].value, &Ty::Unknown);
                }
                let ret = self.closure_arg(args, n.saturating_sub(1), std::slice::from_ref(&of), &Ty::Unknown);
                match method {
                    "find" | "max_by_key" | "min_by_key" => Ty::option(of),
                    "any" | "all" => Ty::prim("bool"),
                    "position" => Ty::option(Ty::prim("usize")),
                    "for_each" | "for_each_concurrent" if is_stream => Ty::future(Ty::prim("()")),
                    "try_for_each" | "try_for_each_concurrent" => {
                        if is_stream {
                            Ty::future(ret.awaited())
                        } else {
                            ret
                        }
                    }
                    "for_each" | "retain" | "sort_by_key" | "sort_by" => Ty::prim("()"),
                    "partition" => expected.clone(),
                    _ => wrap(of),
                }
            }
            "map" | "flat_map" | "filter_map" | "map_while" | "scan" | "then" | "and_then" | "map_ok"
            | "try_filter_map" => {
                let ret = self.closure_arg(args, args.len().saturating_sub(1), &[of], &Ty::Unknown);
                match method {
                    "filter_map" | "map_while" => wrap(ret.unwrapped()),
                    "flat_map" => wrap(ret.element()),
                    "then" => wrap(ret.awaited()),
                    _ => wrap(ret),
                }
            }
            "fold" | "try_fold" => {
                let start = args
                    .first()
                    .map(|arg| self.infer(arg.value, expected))
                    .unwrap_or_default();
                self.closure_arg(args, 1, &[start.clone(), of], &start);
                start
            }
            "enumerate" => wrap(Ty::Tuple([Ty::prim("usize"), of].into())),
            "zip" => {
                let other = args
                    .first()
                    .map(|arg| self.infer(arg.value, &Ty::Unknown))
                    .unwrap_or_default();
                wrap(Ty::Tuple([of, other.element()].into()))
            }
            "flatten" => wrap(of.element()),
            "chunks" | "windows" | "chunks_exact" | "array_chunks" => {
                self.infer_args(args);
                wrap(Ty::ext("std::Vec", &[of]))
            }
            "buffer_unordered" | "buffered" | "try_buffer_unordered" | "try_buffered" => {
                self.infer_args(args);
                Ty::ext("std::Stream", &[of.awaited()])
            }
            "next" | "try_next" if is_stream => {
                let item = Ty::option(of);
                Ty::future(if method == "try_next" {
                    Ty::result(item, Ty::Unknown)
                } else {
                    item
                })
            }
            "next" | "first" | "last" | "get" | "get_mut" | "pop" | "pop_front" | "pop_back" | "nth" | "max"
            | "min" | "peek" | "first_mut" | "last_mut" | "choose" | "front" | "back" | "next_back" | "swap_remove"
            | "reduce" => {
                self.infer_args(args);
                if method == "swap_remove" { of } else { Ty::option(of) }
            }
            "remove" => {
                self.infer_args(args);
                of
            }
            "collect" | "try_collect" | "collect_vec" | "to_vec" | "concat" => {
                let written = generics
                    .first()
                    .map(|ty| self.world.lower(ty, &self.scope()))
                    .unwrap_or_default();
                let wanted = written.or(|| {
                    if is_stream {
                        expected.awaited()
                    } else {
                        expected.clone()
                    }
                });
                let collected = collected(&wanted, &of);
                if is_stream { Ty::future(collected) } else { collected }
            }
            "len" | "count" => Ty::prim("usize"),
            "is_empty" | "contains" => {
                self.infer_args(args);
                Ty::prim("bool")
            }
            "join" => {
                self.infer_args(args);
                Ty::ext("std::String", &[])
            }
            "clone" | "to_owned" | "as_slice" | "as_ref" | "as_mut_slice" | "into_boxed_slice" | "as_mut" => {
                own.clone()
            }
            "push" | "push_back" | "push_front" | "extend" | "insert" | "sort" | "truncate" | "clear" => {
                for arg in args {
                    self.infer(arg.value, &of);
                }
                Ty::prim("()")
            }
            "sum" | "product" => of,
            "split_first" | "split_last" => Ty::option(Ty::Tuple([of, own.clone()].into())),
            _ => return None,
        };
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
            "iter" | "iter_mut" | "into_iter" | "drain" => Ty::iter(Ty::Tuple([key, value].into())),
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

    /// Combinators of futures: types flow through them.
    pub(crate) fn future_method(
        &mut self,
        id: ExprId,
        own: &Ty,
        method: &'a Name,
        args: &'a [Arg],
        expected: &Ty,
    ) -> Option<Ty> {
        let out = own.awaited();
        let ty = match method.as_str() {
            "map" | "then" | "and_then" | "map_ok" | "map_err" | "or_else" | "inspect" | "inspect_err"
            | "inspect_ok" => {
                let held = out.arg(0);
                let param = match method.as_str() {
                    "map" | "then" | "inspect" => out.clone(),
                    "map_err" | "or_else" | "inspect_err" => out.arg(1),
                    _ => held.clone(),
                };
                let ret = self.closure_arg(args, 0, &[param], &Ty::Unknown);
                match method.as_str() {
                    "map" => Ty::future(ret),
                    "then" | "and_then" => Ty::future(ret.awaited()),
                    "map_ok" => Ty::future(Ty::result(ret, out.arg(1))),
                    "map_err" => Ty::future(Ty::result(held, ret)),
                    _ => own.clone(),
                }
            }
            "boxed"
            | "boxed_local"
            | "fuse"
            | "shared"
            | "instrument"
            | "in_current_span"
            | "bind_hub"
            | "with_context"
            | "left_future"
            | "right_future"
            | "catch_unwind"
            | "into_future"
            | "with_current_subscriber" => {
                self.infer_args(args);
                own.clone()
            }
            "block_on" | "now_or_never" | "wait" => out,
            _ => {
                let world = self.world;
                let version = |library| world.library_version(self.package, library);
                let (of, entry) = world.catalog.trait_methods(method).iter().find_map(|of| {
                    let entry = world.catalog.trait_method(of, args.len(), &version)?;
                    (entry.function.role == crate::catalog::schema::Role::Guard).then_some((of, entry))
                })?;
                self.catalog_call(&entry, own, args, expected);
                let path = Name::from(format!("{}::{method}", of.trait_path));
                let class = crate::model::call::EvidenceClass::InScopeTrait;
                self.out.callees.insert(
                    id,
                    Callee::Catalog {
                        entry,
                        path,
                        of: of.trait_path.clone(),
                        class,
                    },
                );
                return Some(Ty::future(Ty::result(out, Ty::Unknown)));
            }
        };
        self.out
            .callees
            .insert(id, Callee::Outside(Name::from(format!("std::Future::{method}"))));
        Some(ty)
    }

    /// Infer the argument at `idx` as a closure of `params`, the other arguments plainly; the closure's result.
    fn closure_arg(&mut self, args: &'a [Arg], idx: usize, params: &[Ty], ret: &Ty) -> Ty {
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

/// What collecting elements of a type into a wanted container gives.
fn collected(wanted: &Ty, of: &Ty) -> Ty {
    match wanted.as_std() {
        Some(("Result", args)) => {
            let inner = collected(&args.first().cloned().unwrap_or_default(), &of.unwrapped());
            Ty::result(inner, args.get(1).cloned().unwrap_or_default())
        }
        Some(("Option", args)) => Ty::option(collected(&args.first().cloned().unwrap_or_default(), &of.unwrapped())),
        Some(("Vec" | "HashSet" | "BTreeSet" | "VecDeque", args)) => {
            let item = args.first().cloned().unwrap_or_default().or(|| of.clone());
            match wanted {
                Ty::Ext(path, _) => Ty::Ext(path.clone(), [item].into()),
                other => other.clone(),
            }
        }
        Some(("HashMap" | "BTreeMap", args)) if args.iter().all(Ty::is_unknown) => {
            Ty::ext("std::HashMap", &[of.arg(0), of.arg(1)])
        }
        Some(_) => wanted.clone(),
        None if wanted.is_unknown() => Ty::ext("std::Vec", std::slice::from_ref(of)),
        None => wanted.clone(),
    }
}
