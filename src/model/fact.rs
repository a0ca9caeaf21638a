//! What one file says: imports, types, functions with their bodies. Depends on its bytes and language only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Name,
    expr::{Body, ExprId, Param, Path, TypeRef},
    location::{RepoPath, Span},
    problem::Problem,
};

/// The languages and formats that failmap knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Rust,
    Go,
    Python,
    TypeScript,
    JavaScript,
    Java,
    Kotlin,
    CSharp,
    Ruby,
    Php,
    Other,
}

impl Language {
    /// The name used in the JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::JavaScript => "javascript",
            Self::Java => "java",
            Self::Kotlin => "kotlin",
            Self::CSharp => "csharp",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Other => "other",
        }
    }
}

/// The facts of one source file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    pub root: Name,
    pub file: RepoPath,
    pub language: Language,
    /// Number of lines.
    pub n_lines: u32,
    /// The package or namespace that the file declares (`com.shop.geo`, `Shop.Geo`), in languages where the
    /// path does not tell; its items live there, together with those of other files.
    pub namespace: Option<Name>,
    /// The whole file is test code (`tests/`, `*_test.go`), generated code, an example or a bench.
    pub role: FileRole,
    pub modules: Vec<Module>,
    pub imports: Vec<Import>,
    pub types: Vec<TypeDef>,
    pub impls: Vec<Impl>,
    pub functions: Vec<Function>,
    pub constants: Vec<Constant>,
    pub macros: Vec<MacroDef>,
    /// Calls of item-position macros that were not read.
    pub problems: Vec<Problem>,
}

/// What a file is for. Only `Source` and `Generated` yield production calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRole {
    Source,
    Generated,
    Test,
    Example,
    Bench,
    Build,
}

impl FileRole {
    /// Whether code of such a file runs in production.
    #[must_use]
    pub const fn is_production(self) -> bool {
        matches!(self, Self::Source | Self::Generated)
    }
}

/// A module declaration: `mod name;` (another file) or `mod name { … }` (inline).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// The inline modules around it inside the file, outermost first.
    pub scope: Vec<Name>,
    pub name: Name,
    pub is_inline: bool,
    /// `#[path = "…"]`.
    pub path_attribute: Option<Name>,
    pub is_test: bool,
    pub is_public: bool,
    pub span: Span,
}

/// One imported name or glob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The inline modules around it, outermost first.
    pub scope: Vec<Name>,
    /// The imported path, alias not applied: `reqwest::blocking`.
    pub path: Vec<Name>,
    /// The name it is known by in this scope; `_` for `use Trait as _`. Empty for a glob.
    pub alias: Name,
    pub is_glob: bool,
    /// `pub use`, `export … from`.
    pub is_reexport: bool,
    pub is_test: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeKind {
    Struct,
    Enum,
    Trait,
    Alias,
}

/// A struct, enum, class, trait, interface or alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeDef {
    pub scope: Vec<Name>,
    pub name: Name,
    pub kind: TypeKind,
    pub generics: Vec<Generic>,
    /// Fields of a struct; a tuple struct's are named `0`, `1`, ….
    pub fields: Vec<FieldDef>,
    /// Variants of an enum.
    pub variants: Vec<Variant>,
    /// Supertraits, base classes, implemented interfaces.
    pub bases: Vec<TypeRef>,
    /// The aliased type.
    pub alias: Option<TypeRef>,
    /// Associated types of a trait with their bounds and defaults.
    pub associated: Vec<(Name, Option<TypeRef>)>,
    pub attributes: Vec<Attribute>,
    pub derives: Vec<Name>,
    pub is_test: bool,
    pub is_public: bool,
    pub span: Span,
}

/// A generic parameter with its bounds, `where` clauses included.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Generic {
    pub name: Name,
    pub bounds: Vec<TypeRef>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDef {
    pub name: Name,
    pub ty: TypeRef,
    pub attributes: Vec<Attribute>,
    pub is_public: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub name: Name,
    pub fields: Vec<FieldDef>,
    pub attributes: Vec<Attribute>,
}

/// An `impl` block (also an empty one); its functions refer to it by index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impl {
    pub scope: Vec<Name>,
    pub self_ty: TypeRef,
    pub trait_ref: Option<TypeRef>,
    pub generics: Vec<Generic>,
    /// Associated types: `type Output = T;`.
    pub associated: Vec<(Name, TypeRef)>,
    pub attributes: Vec<Attribute>,
    pub is_test: bool,
    pub span: Span,
}

/// Whom a function belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// A free function.
    None,
    /// A function of [`FileFacts::impls`] with that index.
    Impl(u32),
    /// A method of the trait, class or interface at that index of [`FileFacts::types`]. A constructor is a function
    /// `new` without `self` that returns the new object.
    Type(u32),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The inline modules, and for a nested function the functions, around it.
    pub scope: Vec<Name>,
    pub name: Name,
    pub owner: Owner,
    pub generics: Vec<Generic>,
    /// The first is `self` (pattern name `self`) where `has_self`.
    pub params: Vec<Param>,
    pub has_self: bool,
    pub ret: Option<TypeRef>,
    pub is_async: bool,
    pub is_public: bool,
    /// `#[test]`, `#[cfg(test)]` on it or around it.
    pub is_test: bool,
    pub attributes: Vec<Attribute>,
    /// `None` for a declaration without body.
    pub body: Option<Body>,
    pub span: Span,
}

/// A constant or static with its value; lazily initialised statics (`lazy_static!`, `thread_local!`) too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    pub scope: Vec<Name>,
    pub name: Name,
    /// Associated constant of that impl or type.
    pub owner: Owner,
    pub ty: Option<TypeRef>,
    pub value: Body,
    pub is_static: bool,
    pub is_test: bool,
    pub span: Span,
}

/// A macro of the repo's own; its body is kept where a front end could read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MacroDef {
    pub scope: Vec<Name>,
    pub name: Name,
    pub span: Span,
}

/// An attribute, annotation or decorator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// `serde`, `tokio::main`, `get`, `FeignClient`.
    pub path: Path,
    /// `name = value`, or a bare literal (no name), or a bare word (no value).
    pub args: Vec<(Option<Name>, Option<super::expr::Literal>)>,
    /// The arguments as written.
    pub text: Name,
    /// A function's decorator as an expression of that function's body (`retry(stop=stop_after_attempt(3))`),
    /// where its arguments are more than literals.
    pub call: Option<ExprId>,
}
