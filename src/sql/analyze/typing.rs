//! Expressions: names become columns, and every type is settled.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::sql::{Attribute, AttributeId, DataType, Datum, Expr, Named, SqlError, Typed, TypedKind, UserFunction};

use super::grouping::Grouping;
use super::operators::Text;
use super::scope::{Scope, same_name};
use super::time::Lifted;
use super::{Analyzer, errors};

/// How deep expressions may nest.
const DEEPEST: u32 = 256;

/// Types the expressions of one operator.
pub(super) struct Typer<'a> {
    pub analyzer: &'a Analyzer<'a>,
    pub scope: Scope,
    /// What the operator is called in errors.
    pub operator: &'static str,
    /// Columns named earlier in the same list, which later ones may speak of.
    pub lateral: RefCell<Vec<Named>>,
    /// Parameters of the lambdas around, inner ones last.
    pub(super) lambdas: RefCell<Vec<Attribute>>,
    /// What is to be computed below the operator: windows.
    pub lifted: RefCell<Vec<Lifted>>,
    /// What `grouping` and `grouping_id` speak of.
    pub grouping: Option<Grouping>,
    depth: Cell<u32>,
}

impl<'a> Typer<'a> {
    pub fn new(analyzer: &'a Analyzer<'a>, scope: Scope, operator: &'static str) -> Self {
        Typer {
            analyzer,
            scope,
            operator,
            lateral: RefCell::default(),
            lambdas: RefCell::default(),
            lifted: RefCell::default(),
            grouping: None,
            depth: Cell::new(0),
        }
    }

    /// Types an expression.
    pub fn typed(&self, expr: &Expr) -> Result<Typed, SqlError> {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return Err(errors::too_deep());
        }
        self.depth.set(depth + 1);
        let typed = self.by_kind(expr);
        self.depth.set(depth);
        typed
    }

    /// Each kind has a function of its own, so that a level of nesting needs little stack.
    fn by_kind(&self, expr: &Expr) -> Result<Typed, SqlError> {
        match expr {
            Expr::Column(parts) => self.column(parts),
            Expr::Attribute { id, name } => self.attribute(*id, name),
            Expr::Star(_) => self.misplaced_star(),
            Expr::Literal(literal) => Ok(Typed::literal(literal.value.clone(), literal.data_type.clone())),
            Expr::Alias { expr, .. } | Expr::MultiAlias { expr, .. } => self.typed(expr),
            Expr::Cast { expr: inner, to, try_cast } => self.cast(expr, inner, to, *try_cast),
            Expr::Unary { op, expr } => self.unary(*op, expr),
            Expr::Binary { op, left, right } => self.binary(*op, left, right),
            Expr::Call { name, args, distinct, filter } => self.call(expr, name, args, *distinct, filter.as_deref()),
            Expr::Case { branches, otherwise } => self.case(expr, branches, otherwise.as_deref()),
            Expr::In { expr, list, negated } => self.is_in(expr, list, *negated),
            Expr::Between { expr, low, high, negated } => self.between(expr, low, high, *negated),
            Expr::Like { expr, pattern, escape, insensitive, negated } => {
                self.like(expr, pattern, *escape, *insensitive, *negated)
            }
            Expr::Index { expr: base, index } => self.element(expr, base, index),
            Expr::Field { expr: base, name } => self.field_of(base, name),
            Expr::Lambda { .. } => Err(errors::misplaced_lambda()),
            Expr::UserCall { function, args } => self.user_call(function, args),
            Expr::Over { expr, frame } => self.over(expr, frame),
            Expr::Typed(typed) => Ok((**typed).clone()),
        }
    }

    fn misplaced_star(&self) -> Result<Typed, SqlError> {
        let text = format!("Invalid usage of '*' in {}.", self.operator);
        Err(SqlError::analysis("INVALID_USAGE_OF_STAR_OR_REGEX", text))
    }

    fn cast(&self, whole: &Expr, inner: &Expr, to: &DataType, try_cast: bool) -> Result<Typed, SqlError> {
        let typed = self.typed(inner)?;
        self.explicit_cast(whole, typed, to, try_cast)
    }

    fn field_of(&self, base: &Expr, name: &Rc<str>) -> Result<Typed, SqlError> {
        let typed = self.typed(base)?;
        self.field(typed, name, &|| self.pretty(base).to_string())
    }

    fn user_call(&self, function: &UserFunction, args: &[Expr]) -> Result<Typed, SqlError> {
        let args = args.iter().map(|it| self.typed(it)).collect::<Result<Vec<_>, _>>()?;
        Ok(user_call(function.clone(), args))
    }

    /// A condition: an expression that must be boolean.
    pub fn condition(&self, expr: &Expr) -> Result<Typed, SqlError> {
        let typed = self.typed(expr)?;
        match &typed.data_type {
            DataType::Boolean => Ok(typed),
            other => {
                let sql = self.pretty(expr);
                let what = format!("Filter expression \"{sql}\" of type \"{}\" is not a boolean.", other.sql());
                Err(errors::mismatch("FILTER_NOT_BOOLEAN", &sql.to_string(), what))
            }
        }
    }

    fn column(&self, parts: &[Rc<str>]) -> Result<Typed, SqlError> {
        if let Some((column, fields)) = self.lambda_parameter(parts) {
            return self.fields(Typed::attribute(&column), fields, &column.name);
        }
        if let Some(found) = self.scope.resolve(parts)? {
            return self.fields(Typed::attribute(&found.column), found.fields, &found.column.name);
        }
        if let Some((named, fields)) = self.lateral_alias(parts) {
            let name = named.attribute.name.clone();
            return self.fields(named.expr, fields, &name);
        }
        if let [name] = parts
            && let Some(function) = literal_function(name)
        {
            return self.call(&Expr::Column(parts.to_vec()), function, &[], false, None);
        }
        if let [name] = parts
            && let Some(grouping) = &self.grouping
            && name.eq_ignore_ascii_case("grouping__id")
        {
            return Ok(grouping.id());
        }
        Err(errors::unresolved_column(parts, &self.scope.columns))
    }

    /// The lambda's parameter that a name means, innermost first.
    pub(super) fn lambda_parameter<'b>(&self, parts: &'b [Rc<str>]) -> Option<(Attribute, &'b [Rc<str>])> {
        let (first, fields) = parts.split_first()?;
        let lambdas = self.lambdas.borrow();
        let found = lambdas.iter().rev().find(|it| same_name(&it.name, first))?;
        Some((found.clone(), fields))
    }

    fn lateral_alias<'b>(&self, parts: &'b [Rc<str>]) -> Option<(Named, &'b [Rc<str>])> {
        let (first, fields) = parts.split_first()?;
        let lateral = self.lateral.borrow();
        let found = lateral.iter().rev().find(|it| same_name(&it.attribute.name, first))?;
        Some((found.clone(), fields))
    }

    fn attribute(&self, id: AttributeId, name: &Rc<str>) -> Result<Typed, SqlError> {
        let lambdas = self.lambdas.borrow();
        match self.scope.by_id(id).or_else(|| lambdas.iter().find(|it| it.id == id)) {
            Some(column) => Ok(Typed::attribute(&Attribute { name: name.clone(), ..column.clone() })),
            None => Err(errors::missing_attribute(name, id, &self.scope.columns, self.operator)),
        }
    }

    fn fields(&self, base: Typed, names: &[Rc<str>], path: &str) -> Result<Typed, SqlError> {
        let mut typed = base;
        for (index, name) in names.iter().enumerate() {
            let above = || names[..index].iter().fold(path.to_string(), |path, it| format!("{path}.{it}"));
            typed = self.field(typed, name, &above)?;
        }
        Ok(typed)
    }

    /// `.name` of a struct, of an array of structs, or of a map by its key.
    pub(super) fn field(&self, base: Typed, name: &Rc<str>, path: Text<'_>) -> Result<Typed, SqlError> {
        let sql = || format!("{}[{name}]", path());
        let shown = || name.to_string();
        let key = || Typed::literal(Datum::String(name.clone()), DataType::String);
        let (fields, array) = match &base.data_type {
            DataType::Struct(fields) => (fields.clone(), None),
            DataType::Array { element, contains_null } => match &**element {
                DataType::Struct(fields) => (fields.clone(), Some(*contains_null)),
                _ => return self.element_of(&sql, path, base, key(), &shown),
            },
            DataType::Map { .. } => return self.element_of(&sql, path, base, key(), &shown),
            other => {
                let text = format!(
                    "Can't extract a value from \"{}\". Need a complex type [STRUCT, ARRAY, MAP] but got \"{}\".",
                    path(),
                    other.sql()
                );
                return Err(SqlError::analysis("INVALID_EXTRACT_BASE_FIELD_TYPE", text));
            }
        };
        let mut found = fields.iter().enumerate().filter(|(_, field)| same_name(&field.name, name));
        let Some((index, field)) = found.next() else {
            let names = fields.iter().map(|it| errors::quoted(&[&*it.name])).collect::<Vec<_>>().join(", ");
            let text = format!("No such struct field {} in {names}.", errors::quoted(&[&**name]));
            return Err(SqlError::analysis("FIELD_NOT_FOUND", text));
        };
        let others = found.count();
        if others > 0 {
            let field = errors::quoted(&[&**name]);
            let text =
                format!("Ambiguous reference to the field {field}. It appears {} times in the schema.", others + 1);
            return Err(SqlError::analysis("AMBIGUOUS_REFERENCE_TO_FIELDS", text));
        }
        let (data_type, nullable) = match array {
            None => (field.data_type.clone(), base.nullable || field.nullable),
            Some(contains_null) => {
                let element = Rc::new(field.data_type.clone());
                (DataType::Array { element, contains_null: contains_null || field.nullable }, base.nullable)
            }
        };
        Ok(Typed { kind: TypedKind::Field { expr: Rc::new(base), index }, data_type, nullable })
    }
}

/// A call of the program's function.
pub(super) fn user_call(function: UserFunction, args: Vec<Typed>) -> Typed {
    let data_type = function.returns.clone();
    Typed { kind: TypedKind::UserCall { function, args }, data_type, nullable: true }
}

/// Functions that need no parentheses: `LiteralFunctionResolution`.
pub(super) fn literal_function(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 6] =
        ["current_date", "current_timestamp", "current_user", "user", "session_user", "current_catalog"];
    NAMES.into_iter().find(|it| it.eq_ignore_ascii_case(name))
}
