//! Lambdas: the types of their parameters come from the arguments that they go over.

use std::rc::Rc;

use crate::sql::functions::Function;
use crate::sql::{Attribute, DataType, Expr, SqlError, Typed, TypedKind};

use super::casts::cast;
use super::errors;
use super::typing::Typer;

fn element(typed: Option<&Typed>) -> Option<(DataType, bool)> {
    match typed.map(|it| &it.data_type) {
        Some(DataType::Array { element, contains_null }) => Some(((**element).clone(), *contains_null)),
        Some(DataType::Null) => Some((DataType::Null, true)),
        _ => None,
    }
}

fn entry(typed: Option<&Typed>) -> Option<[(DataType, bool); 2]> {
    match typed.map(|it| &it.data_type) {
        Some(DataType::Map { key, value, value_contains_null }) => {
            Some([((**key).clone(), false), ((**value).clone(), *value_contains_null)])
        }
        _ => None,
    }
}

/// The parameters that a lambda of a function is called with, by the function's arguments before it; `None` where
/// the function takes none, or arguments of the wrong type.
fn parameters(function: &str, before: &[Typed], names: usize) -> Option<Vec<(DataType, bool)>> {
    let optional = |(data_type, _): (DataType, bool)| (data_type, true);
    Some(match function {
        "transform" | "filter" if names == 2 => vec![element(before.first())?, (DataType::Integer, false)],
        "transform" | "filter" | "exists" | "any_match" | "forall" | "all_match" => vec![element(before.first())?],
        "array_sort" => vec![element(before.first())?; 2],
        "aggregate" | "reduce" => {
            let zero = before.get(1)?;
            let zero = (zero.data_type.clone(), true);
            if before.len() == 2 { vec![zero, element(before.first())?] } else { vec![zero] }
        }
        "transform_keys" | "transform_values" | "map_filter" => entry(before.first())?.to_vec(),
        "map_zip_with" => {
            let [key, left] = entry(before.first())?;
            let [_, right] = entry(before.get(1))?;
            vec![key, optional(left), optional(right)]
        }
        "zip_with" => vec![optional(element(before.first())?), optional(element(before.get(1))?)],
        _ => return None,
    })
}

impl Typer<'_> {
    /// The arguments of a call, lambdas with the parameters that the function gives them.
    pub(super) fn arguments(&self, function: &'static Function, args: &[Expr]) -> Result<Vec<Typed>, SqlError> {
        let mut typed: Vec<Typed> = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            let Expr::Lambda { parameters: names, body } = arg else {
                typed.push(self.typed(arg)?);
                continue;
            };
            let Some(types) = parameters(function.name, &typed, names.len()) else {
                return Err(self.no_lambda(function, args, &typed, index));
            };
            if types.len() != names.len() {
                let (wanted, given) = (names.len(), types.len());
                let text = format!(
                    "Invalid lambda function call. A higher order function expects {wanted} arguments, but got {given}."
                );
                return Err(SqlError::analysis("INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH", text));
            }
            let lambda = self.lambda(names, types, body)?;
            if let ("aggregate" | "reduce", 2, [_, zero]) = (function.name, index, typed.as_slice())
                && lambda.data_type == DataType::Null
            {
                let to = zero.data_type.clone();
                typed.push(cast_body(lambda, &to));
                continue;
            }
            typed.push(lambda);
        }
        if let ("aggregate" | "reduce", [_, zero, _]) = (function.name, typed.as_slice()) {
            let types = vec![(zero.data_type.clone(), true)];
            let id: Rc<str> = "id".into();
            let finish = self.lambda(std::slice::from_ref(&id), types, &Expr::Column(vec![id.clone()]))?;
            typed.push(finish);
        }
        Ok(typed)
    }

    fn lambda(&self, names: &[Rc<str>], types: Vec<(DataType, bool)>, body: &Expr) -> Result<Typed, SqlError> {
        let before = self.lambdas.borrow().len();
        let mut ids = Vec::with_capacity(names.len());
        for (name, (data_type, nullable)) in names.iter().zip(types) {
            let id = self.analyzer.fresh();
            ids.push(id);
            self.lambdas.borrow_mut().push(Attribute {
                id,
                name: name.clone(),
                data_type,
                nullable,
                qualifiers: [].into(),
                watermark_delay: None,
            });
        }
        let body = self.typed(body);
        self.lambdas.borrow_mut().truncate(before);
        let body = body?;
        let (data_type, nullable) = (body.data_type.clone(), body.nullable);
        Ok(Typed { kind: TypedKind::Lambda { parameters: ids, body: Rc::new(body) }, data_type, nullable })
    }

    /// Why a lambda cannot stand here.
    fn no_lambda(&self, function: &'static Function, args: &[Expr], before: &[Typed], index: usize) -> SqlError {
        let wanted = match function.name {
            "transform" | "filter" | "exists" | "forall" | "array_sort" | "aggregate" | "reduce" | "zip_with" => {
                "\"ARRAY\""
            }
            "transform_keys" | "transform_values" | "map_filter" | "map_zip_with" => "\"MAP\"",
            _ => {
                let class = class_name(function.name);
                let text = format!(
                    "Invalid lambda function call. A lambda function should only be used in a higher order function. \
                     However, its class is {class}, which is not a higher order function."
                );
                return SqlError::analysis("INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION", text);
            }
        };
        let fits = |it: &Typed| match wanted {
            "\"MAP\"" => matches!(it.data_type, DataType::Map { .. }),
            _ => matches!(it.data_type, DataType::Array { .. }),
        };
        let at = before.iter().position(|it| !fits(it)).unwrap_or(index.saturating_sub(1));
        let shown = args.get(at).map_or_else(String::new, |it| self.pretty(it).to_string());
        let data_type = before.get(at).map_or(DataType::Null, |it| it.data_type.clone());
        let text = |it: &Expr| match it {
            Expr::Lambda { parameters, body } => format!("lambdafunction({body}, {})", parameters.join(", ")),
            other => self.pretty(other).to_string(),
        };
        let texts: Vec<String> = args.iter().map(text).collect();
        let sql = format!("{}({})", function.name, texts.join(", "));
        errors::wrong_input(&sql, at + 1, wanted, &shown, &data_type)
    }
}

fn cast_body(lambda: Typed, to: &DataType) -> Typed {
    match lambda.kind {
        TypedKind::Lambda { parameters, body } => {
            let body = cast((*body).clone(), to);
            let nullable = body.nullable;
            let kind = TypedKind::Lambda { parameters, body: Rc::new(body) };
            Typed { kind, data_type: to.clone(), nullable }
        }
        _ => lambda,
    }
}

/// What Spark's class of a function would be called.
fn class_name(function: &str) -> String {
    let mut letters = function.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase()).into_iter();
    format!("org.apache.spark.sql.catalyst.expressions.{}", first.chain(letters).collect::<String>())
}
