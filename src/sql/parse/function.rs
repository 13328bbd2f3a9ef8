//! Calls of functions, their arguments, and what stands after them: `DISTINCT`, `FILTER`, `OVER`.

use std::rc::Rc;

use sqlparser::ast::{
    DuplicateTreatment, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    NamedWindowExpr, NullTreatment, ObjectName, ObjectNamePart, WindowSpec, WindowType,
};

use super::expression::Converter;
use crate::sql::{DataType, Expr, Frame, SqlError, call};

/// The functions that take arguments by name.
const BY_NAME: &[&str] = &["count_min_sketch", "explode", "explode_outer", "mask"];

impl Converter<'_> {
    /// A call, with all that belongs to it.
    pub(super) fn function(self, function: &Function) -> Result<Expr, SqlError> {
        let name = self.function_name(&function.name)?;
        let lower = name.to_lowercase();
        let (mut args, mut distinct, mut ignore_nulls) = (Vec::new(), false, false);
        match &function.args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(_) => return Err(self.unsupported("a subquery as an argument")),
            FunctionArguments::List(list) => {
                distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
                for arg in &list.args {
                    args.push(self.argument(&lower, arg)?);
                }
                for clause in &list.clauses {
                    match clause {
                        FunctionArgumentClause::IgnoreOrRespectNulls(treatment) => {
                            ignore_nulls = *treatment == NullTreatment::IgnoreNulls;
                        }
                        _ => return Err(self.unsupported("a clause after a function's arguments")),
                    }
                }
            }
        }
        ignore_nulls |= function.null_treatment == Some(NullTreatment::IgnoreNulls);
        let keeps_nulls = matches!(lower.as_str(), "first" | "first_value" | "last" | "last_value" | "any_value");
        if ignore_nulls && keeps_nulls && args.len() == 1 {
            args.push(true.into());
        }
        // The rows are what `count(*)` counts.
        if lower == "count" && !distinct && matches!(args.as_slice(), [Expr::Star(of)] if of.is_empty()) {
            args = vec![1.into()];
        }
        let filter = function.filter.as_deref().map(|it| self.expr(it).map(Rc::new)).transpose()?;
        let expr = match (cast_function(&lower), args.as_slice(), &filter, distinct) {
            (Some(to), [arg], None, false) => arg.clone().cast(to),
            _ if function.within_group.is_empty() => Expr::Call { name, args, distinct, filter },
            _ => self.within_group(&lower, function, args, filter)?,
        };
        match &function.over {
            None => Ok(expr),
            Some(over) => Ok(Expr::Over { expr: Rc::new(expr), frame: self.frame(over, 0)? }),
        }
    }

    fn function_name(self, name: &ObjectName) -> Result<Rc<str>, SqlError> {
        let mut parts = Vec::new();
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(it) => parts.push(self.name(it)?),
                ObjectNamePart::Function(_) => return Err(self.unsupported("a function's name by a function")),
            }
        }
        Ok(parts.join(".").into())
    }

    fn argument(self, function: &str, arg: &FunctionArg) -> Result<Expr, SqlError> {
        let value = match arg {
            FunctionArg::Unnamed(value) => value,
            FunctionArg::Named { arg, .. } if BY_NAME.contains(&function) => arg,
            _ => {
                let text = format!(
                    "Named parameters are not supported for function `{function}`; please retry the query with \
                     positional arguments to the function call instead."
                );
                return Err(SqlError::analysis("NAMED_PARAMETERS_NOT_SUPPORTED", text));
            }
        };
        match value {
            FunctionArgExpr::Expr(expr) if function == "struct" => self.named(expr),
            FunctionArgExpr::Expr(expr) => self.expr(expr),
            FunctionArgExpr::Wildcard => Ok(Expr::Star(Vec::new())),
            FunctionArgExpr::QualifiedWildcard(name) => Ok(Expr::Star(self.object_name(name)?)),
            FunctionArgExpr::WildcardWithOptions(_) => Err(self.unsupported("a star with options")),
        }
    }

    /// The parts of a table's name.
    pub(super) fn object_name(self, name: &ObjectName) -> Result<Vec<Rc<str>>, SqlError> {
        name.0
            .iter()
            .map(|part| match part {
                ObjectNamePart::Identifier(it) => self.name(it),
                ObjectNamePart::Function(_) => Err(self.unsupported("a name by a function")),
            })
            .collect()
    }

    /// `percentile_cont(p) WITHIN GROUP (ORDER BY v)` is `percentile(v, p)`.
    fn within_group(
        self,
        name: &str,
        function: &Function,
        mut args: Vec<Expr>,
        filter: Option<Rc<Expr>>,
    ) -> Result<Expr, SqlError> {
        let (Some(key), "percentile_cont" | "percentile_disc", [_]) =
            (function.within_group.first(), name, args.as_slice())
        else {
            return Err(self.unsupported(&format!("WITHIN GROUP of {name}")));
        };
        let key = self.sort_key(key)?;
        let name = if name == "percentile_cont" { "percentile" } else { name };
        if !key.ascending {
            args = args.into_iter().map(|share| Expr::from(1.0) - share).collect();
        }
        args.insert(0, key.expr);
        match call(name, args) {
            Expr::Call { name, args, distinct, .. } => Ok(Expr::Call { name, args, distinct, filter }),
            other => Ok(other),
        }
    }

    /// A window, named ones looked up.
    fn frame(self, over: &WindowType, depth: usize) -> Result<Frame, SqlError> {
        match over {
            WindowType::WindowSpec(spec) => self.window_spec(spec, depth),
            WindowType::NamedWindow(name) => self.named_window(&name.value, depth),
        }
    }

    fn window_spec(self, spec: &WindowSpec, depth: usize) -> Result<Frame, SqlError> {
        if let (Some(name), true, true) = (&spec.window_name, spec.partition_by.is_empty(), spec.order_by.is_empty()) {
            return self.named_window(&name.value, depth);
        }
        // No window stands within another, so that a definition can't speak of itself.
        let plain = Converter { windows: &[], ..self };
        Ok(Frame {
            partition_by: plain.exprs(&spec.partition_by)?,
            order_by: spec.order_by.iter().map(|it| plain.sort_key(it)).collect::<Result<_, _>>()?,
        })
    }

    fn named_window(self, name: &str, depth: usize) -> Result<Frame, SqlError> {
        let found = self.windows.iter().find(|it| it.0.value.eq_ignore_ascii_case(name));
        match found.map(|it| &it.1) {
            // A name that stands for another one; as many steps as there are names make a circle.
            Some(NamedWindowExpr::NamedWindow(other)) if depth < self.windows.len() => {
                self.named_window(&other.value, depth + 1)
            }
            Some(NamedWindowExpr::WindowSpec(spec)) if depth <= self.windows.len() => self.window_spec(spec, depth + 1),
            _ => {
                let text = format!("Window specification {name} is not defined in the WINDOW clause.");
                Err(SqlError::new("AnalysisException", None, text))
            }
        }
    }
}

/// The type that a function casts to, if it is one of those: `int(x)`.
fn cast_function(name: &str) -> Option<DataType> {
    Some(match name {
        "boolean" => DataType::Boolean,
        "tinyint" => DataType::Byte,
        "smallint" => DataType::Short,
        "int" => DataType::Integer,
        "bigint" => DataType::Long,
        "float" => DataType::Float,
        "double" => DataType::Double,
        "decimal" => DataType::Decimal { precision: 10, scale: 0 },
        "date" => DataType::Date,
        "timestamp" => DataType::Timestamp,
        "binary" => DataType::Binary,
        "string" => DataType::String,
        _ => return None,
    })
}
