//! Plans as they were written.

use std::fmt::{self, Display, Formatter};
use std::rc::Rc;
use std::str::FromStr;

use super::{Expr, Node, SortKey, SqlError, StateFunction};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    Inner,
    Cross,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    LeftAnti,
}

/// What Spark lists when it refuses a kind of join.
const JOIN_SPELLINGS: &str = "'inner', 'outer', 'full', 'fullouter', 'full_outer', 'leftouter', 'left', 'left_outer', \
     'rightouter', 'right', 'right_outer', 'leftsemi', 'left_semi', 'semi', 'leftanti', 'left_anti', 'anti', 'cross'";

/// As the DataFrame API spells it: in any case, with underscores anywhere.
impl FromStr for JoinKind {
    type Err = SqlError;

    fn from_str(spelling: &str) -> Result<Self, SqlError> {
        Ok(match spelling.to_lowercase().replace('_', "").as_str() {
            "inner" => JoinKind::Inner,
            "outer" | "full" | "fullouter" => JoinKind::FullOuter,
            "leftouter" | "left" => JoinKind::LeftOuter,
            "rightouter" | "right" => JoinKind::RightOuter,
            "leftsemi" | "semi" => JoinKind::LeftSemi,
            "leftanti" | "anti" => JoinKind::LeftAnti,
            "cross" => JoinKind::Cross,
            _ => {
                let text =
                    format!("Unsupported join type '{spelling}'. Supported join types include: {JOIN_SPELLINGS}.");
                return Err(SqlError::new("IllegalArgumentException", None, text));
            }
        })
    }
}

/// As Spark's errors say it: `LeftOuter`.
impl Display for JoinKind {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            JoinKind::Inner => "Inner",
            JoinKind::Cross => "Cross",
            JoinKind::LeftOuter => "LeftOuter",
            JoinKind::RightOuter => "RightOuter",
            JoinKind::FullOuter => "FullOuter",
            JoinKind::LeftSemi => "LeftSemi",
            JoinKind::LeftAnti => "LeftAnti",
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    None,
    On(Expr),
    /// `NATURAL`: the columns that both sides have by name, as if they were listed by `USING`.
    Natural,
    /// Columns of both sides by name; each appears once in the result.
    Using(Vec<Rc<str>>),
}

/// `OutputMode`: which rows of the result a batch puts out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputMode {
    Append,
    Update,
    Complete,
}

/// As `outputMode(..)` takes it: in any case.
impl FromStr for OutputMode {
    type Err = SqlError;

    fn from_str(spelling: &str) -> Result<Self, SqlError> {
        Ok(match spelling.to_lowercase().as_str() {
            "append" => OutputMode::Append,
            "update" => OutputMode::Update,
            "complete" => OutputMode::Complete,
            _ => {
                let text =
                    format!("Unknown output mode {spelling}. Accepted output modes are 'append', 'complete', 'update'");
                return Err(SqlError::new("IllegalArgumentException", None, text));
            }
        })
    }
}

/// As Spark's errors say it: `Append`.
impl Display for OutputMode {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            OutputMode::Append => "Append",
            OutputMode::Update => "Update",
            OutputMode::Complete => "Complete",
        })
    }
}

/// `GroupStateTimeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateTimeout {
    NoTimeout,
    ProcessingTime,
    EventTime,
}

/// A plan as it was written: each variant is one operation of the DataFrame API or one clause of SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// A table, view or common table expression, by name.
    Table(Vec<Rc<str>>),
    /// A plan that was analyzed before: what a DataFrame holds.
    Analyzed(Rc<Node>),
    Project {
        input: Rc<Plan>,
        exprs: Vec<Expr>,
    },
    Filter {
        input: Rc<Plan>,
        condition: Expr,
    },
    /// `GROUP BY` with what is selected; grouping sets are lists of indexes into `keys`.
    Aggregate {
        input: Rc<Plan>,
        keys: Vec<Expr>,
        grouping_sets: Option<Vec<Vec<usize>>>,
        /// All output columns in order, the keys included where they are selected.
        exprs: Vec<Expr>,
        having: Option<Expr>,
    },
    Join {
        left: Rc<Plan>,
        right: Rc<Plan>,
        kind: JoinKind,
        condition: JoinCondition,
    },
    Union {
        inputs: Vec<Plan>,
        by_name: bool,
        allow_missing: bool,
    },
    /// Keeps one row of each key; all columns where there is none.
    Deduplicate {
        input: Rc<Plan>,
        columns: Option<Vec<Rc<str>>>,
        within_watermark: bool,
    },
    /// `SELECT DISTINCT`: an aggregation by all columns.
    Distinct(Rc<Plan>),
    /// The delay as interval text: `10 seconds`.
    Watermark {
        input: Rc<Plan>,
        column: Rc<str>,
        delay: Rc<str>,
    },
    Sort {
        input: Rc<Plan>,
        keys: Vec<SortKey>,
    },
    Limit {
        input: Rc<Plan>,
        count: Expr,
    },
    Offset {
        input: Rc<Plan>,
        count: Expr,
    },
    Sample {
        input: Rc<Plan>,
        fraction: f64,
        seed: i64,
    },
    Intersect {
        left: Rc<Plan>,
        right: Rc<Plan>,
    },
    Except {
        left: Rc<Plan>,
        right: Rc<Plan>,
    },
    /// `df.alias("t")`, `(..) AS t(a, b)`.
    Alias {
        input: Rc<Plan>,
        name: Rc<str>,
        columns: Vec<Rc<str>>,
    },
    /// `WITH name AS (..)`.
    With {
        tables: Vec<(Rc<str>, Plan)>,
        input: Rc<Plan>,
    },
    /// `LATERAL VIEW [OUTER] generator(..) name AS columns`.
    LateralView {
        input: Rc<Plan>,
        generator: Expr,
        outer: bool,
        table: Rc<str>,
        columns: Vec<Rc<str>>,
    },
    /// `VALUES (..), (..)`.
    Values(Vec<Vec<Expr>>),
    WithColumns {
        input: Rc<Plan>,
        columns: Vec<(Rc<str>, Expr)>,
    },
    RenameColumns {
        input: Rc<Plan>,
        names: Vec<(Rc<str>, Rc<str>)>,
    },
    /// `drop` of columns by name; what is not there is no error.
    Drop {
        input: Rc<Plan>,
        columns: Vec<Expr>,
    },
    /// `mapGroupsWithState`, `flatMapGroupsWithState`, `applyInPandasWithState`, `transformWithState`.
    StateGroups {
        input: Rc<Plan>,
        keys: Vec<Expr>,
        function: StateFunction,
    },
    /// `df.observe(name, ...)`.
    Observe {
        input: Rc<Plan>,
        name: Rc<str>,
        exprs: Vec<Expr>,
    },
    /// `map`, `flatMap` and their like: rows by a function of the program. The output's schema is the function's.
    UserRows {
        input: Rc<Plan>,
        function: super::UserFunction,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_join_is_known() {
        let spellings = JOIN_SPELLINGS.split(", ").map(|it| it.trim_matches('\''));
        assert_eq!(spellings.filter(|it| JoinKind::from_str(it).is_ok()).count(), 18);
        assert_eq!("leftOuter".parse(), Ok(JoinKind::LeftOuter));
        assert_eq!("FULL".parse(), Ok(JoinKind::FullOuter));
        assert_eq!("left_semi".parse(), Ok(JoinKind::LeftSemi));
        assert_eq!(JoinKind::LeftAnti.to_string(), "LeftAnti");
    }

    #[test]
    fn an_unknown_join_is_refused_with_the_list() {
        let error = JoinKind::from_str("sideways").expect_err("no join is called so");
        assert_eq!(error.class, "IllegalArgumentException");
        assert!(error.to_string().starts_with(
            "Unsupported join type 'sideways'. Supported join types include: 'inner', 'outer', 'full', 'fullouter'"
        ));
    }

    #[test]
    fn an_output_mode_is_one_of_three() {
        assert_eq!("Append".parse(), Ok(OutputMode::Append));
        assert_eq!(OutputMode::Complete.to_string(), "Complete");
        assert_eq!(
            OutputMode::from_str("sometimes").expect_err("no mode is called so").to_string(),
            "Unknown output mode sometimes. Accepted output modes are 'append', 'complete', 'update'"
        );
    }
}
