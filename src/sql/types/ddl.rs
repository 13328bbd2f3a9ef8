//! Types and schemas as SQL text: `k STRING, p STRUCT<x: INT, y: STRING NOT NULL>`.

use std::rc::Rc;

use super::json::MAX_DEPTH;
use super::{DataType, MAX_PRECISION, StructField};
use crate::sql::SqlError;

/// The name as SQL writes it: in backquotes unless it is letters, digits and underscores.
pub fn quote_if_needed(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && !name.is_empty() && !name.bytes().all(|byte| byte.is_ascii_digit()) {
        name.into()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

impl DataType {
    /// Reads one type: `CatalystSqlParser.parseDataType`.
    ///
    /// # Errors
    /// A `ParseException` with Spark's words.
    pub fn parse(text: &str) -> Result<DataType, SqlError> {
        let mut parser = Parser::new(text)?;
        let data_type = parser.data_type(0)?;
        parser.end()?;
        Ok(data_type)
    }

    /// Reads a schema, or a type where the text is no schema: `DataType.fromDDL`, and what a schema's text means in
    /// PySpark.
    ///
    /// # Errors
    /// A `ParseException` with Spark's words about the text as a schema.
    pub fn from_ddl(text: &str) -> Result<DataType, SqlError> {
        match parse_schema(text) {
            Ok(fields) => Ok(DataType::Struct(fields)),
            Err(refusal) => DataType::parse(text)
                .or_else(|_| DataType::parse(&format!("struct<{}>", text.trim())))
                .map_err(|_| refusal),
        }
    }
}

/// Reads the columns of a table: `StructType.fromDDL`.
///
/// # Errors
/// A `ParseException` with Spark's words.
pub fn parse_schema(text: &str) -> Result<Rc<[StructField]>, SqlError> {
    let mut parser = Parser::new(text)?;
    let fields = parser.fields(0, false)?;
    parser.end()?;
    Ok(fields.into())
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word,
    Quoted,
    Number,
    Text,
    Sign,
    End,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    text: String,
    /// Where it starts, in characters.
    at: usize,
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    next: usize,
    /// The first type that is none, which is told only of text that is well formed.
    unknown: Option<SqlError>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str) -> Result<Self, SqlError> {
        let mut parser = Parser { source, tokens: Vec::new(), next: 0, unknown: None };
        parser.tokens = parser.scan()?;
        Ok(parser)
    }

    fn scan(&self) -> Result<Vec<Token>, SqlError> {
        let letters: Vec<char> = self.source.chars().collect();
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(&first) = letters.get(at) {
            let start = at;
            let run = |from: usize, accept: &dyn Fn(char) -> bool| {
                letters.iter().skip(from).position(|letter| !accept(*letter)).map_or(letters.len(), |size| from + size)
            };
            let kind = match first {
                letter if letter.is_whitespace() => {
                    at += 1;
                    continue;
                }
                '-' if letters.get(at + 1) == Some(&'-') => {
                    at = run(at, &|letter| letter != '\n');
                    continue;
                }
                '`' | '\'' | '"' => {
                    let Some(size) = closing(&letters[at..]) else {
                        return Err(self.refuse(&Token { kind: Kind::Sign, text: first.into(), at }));
                    };
                    at += size;
                    if first == '`' { Kind::Quoted } else { Kind::Text }
                }
                letter if letter.is_ascii_digit() => {
                    at = run(at, &|letter| letter.is_alphanumeric() || letter == '_');
                    let digits = letters[start..at].iter().all(char::is_ascii_digit);
                    if digits { Kind::Number } else { Kind::Word }
                }
                letter if letter.is_alphanumeric() || letter == '_' => {
                    at = run(at, &|letter| letter.is_alphanumeric() || letter == '_');
                    Kind::Word
                }
                _ => {
                    at += 1;
                    Kind::Sign
                }
            };
            tokens.push(Token { kind, text: letters[start..at].iter().collect(), at: start });
        }
        tokens.push(Token { kind: Kind::End, text: String::new(), at: letters.len() });
        Ok(tokens)
    }

    fn peek(&self) -> Token {
        let end = Token { kind: Kind::End, text: String::new(), at: self.source.chars().count() };
        self.tokens.get(self.next).cloned().unwrap_or(end)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let token = self.peek();
        let found = token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word);
        self.next += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let token = self.peek();
        let found = token.kind == Kind::Sign && token.text == sign;
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), SqlError> {
        if self.sign(sign) { Ok(()) } else { Err(self.missing(sign)) }
    }

    fn end(&self) -> Result<(), SqlError> {
        let token = self.peek();
        if token.kind == Kind::End {
            return self.unknown.clone().map_or(Ok(()), Err);
        }
        let near = format!("Syntax error at or near '{0}': extra input '{0}'.", token.text);
        Err(self.error(&token, "PARSE_SYNTAX_ERROR", &near))
    }

    /// Something that had to come, where the text ends before it.
    fn missing(&self, what: &str) -> SqlError {
        let token = self.peek();
        if token.kind != Kind::End {
            return self.refuse(&token);
        }
        let near = format!("Syntax error at or near end of input: missing '{what}'.");
        self.error(&token, "PARSE_SYNTAX_ERROR", &near)
    }

    /// Columns (`a INT`), or the fields of a struct, which may have a colon.
    fn fields(&mut self, depth: usize, colon: bool) -> Result<Vec<StructField>, SqlError> {
        let mut fields = Vec::new();
        loop {
            let name = self.name()?;
            if colon {
                self.sign(":");
            }
            let data_type = self.data_type(depth)?;
            let mut nullable = true;
            if self.word("not") {
                if !self.word("null") {
                    return Err(self.missing("NULL"));
                }
                nullable = false;
            }
            if self.word("comment") {
                let text = self.advance();
                if text.kind != Kind::Text {
                    return Err(self.refuse(&text));
                }
            }
            fields.push(StructField::new(name, data_type, nullable));
            if !self.sign(",") {
                return Ok(fields);
            }
        }
    }

    fn name(&mut self) -> Result<String, SqlError> {
        let token = self.advance();
        let after = self.peek();
        if token.kind == Kind::Word && after.text == "-" {
            let whole: String = self.tokens.iter().skip(self.next).map(|it| it.text.as_str()).take(2).collect();
            let whole = token.text + &whole;
            let message = format!(
                "The identifier {whole} is invalid. Please, consider quoting it with back-quotes as `{whole}`."
            );
            return Err(self.error(&after, "INVALID_IDENTIFIER", &message));
        }
        match token.kind {
            Kind::Word => Ok(token.text),
            Kind::Quoted => Ok(token.text[1..token.text.len() - 1].replace("``", "`")),
            _ => Err(self.refuse(&token)),
        }
    }

    fn data_type(&mut self, depth: usize) -> Result<DataType, SqlError> {
        let token = self.advance();
        if depth > MAX_DEPTH || !matches!(token.kind, Kind::Word | Kind::Quoted) {
            return Err(self.refuse(&token));
        }
        let name = token.text.to_lowercase();
        let complex = self.peek().text == "<";
        Ok(match name.as_str() {
            "array" if complex => {
                self.expect("<")?;
                let element = self.data_type(depth + 1)?;
                self.expect(">")?;
                DataType::array(element)
            }
            "map" if complex => {
                self.expect("<")?;
                let key = self.data_type(depth + 1)?;
                self.expect(",")?;
                let value = self.data_type(depth + 1)?;
                self.expect(">")?;
                DataType::map(key, value)
            }
            "struct" if complex => {
                self.expect("<")?;
                if self.sign(">") {
                    return Ok(DataType::structure([]));
                }
                let fields = self.fields(depth + 1, true)?;
                self.expect(">")?;
                DataType::structure(fields)
            }
            "interval" => self.interval()?,
            _ => {
                let parameters = self.parameters()?;
                self.plain(&token, &name, &parameters).unwrap_or_else(|error| {
                    self.unknown.get_or_insert(error);
                    DataType::Null
                })
            }
        })
    }

    fn interval(&mut self) -> Result<DataType, SqlError> {
        if self.word("year") || self.word("month") {
            if self.word("to") && !self.word("month") {
                return Err(self.refuse(&self.peek()));
            }
            return Ok(DataType::YearMonthInterval);
        }
        if !["day", "hour", "minute", "second"].iter().any(|unit| self.word(unit)) {
            return Ok(DataType::CalendarInterval);
        }
        if self.word("to") && !["hour", "minute", "second"].iter().any(|unit| self.word(unit)) {
            return Err(self.refuse(&self.peek()));
        }
        Ok(DataType::DayTimeInterval)
    }

    /// The numbers in parentheses after a type's name.
    fn parameters(&mut self) -> Result<Vec<u32>, SqlError> {
        let mut numbers = Vec::new();
        if !self.sign("(") {
            return Ok(numbers);
        }
        loop {
            let token = self.advance();
            match token.text.parse() {
                Ok(number) if token.kind == Kind::Number => numbers.push(number),
                _ => return Err(self.refuse(&token)),
            }
            if !self.sign(",") {
                self.expect(")")?;
                return Ok(numbers);
            }
        }
    }

    fn plain(&self, token: &Token, name: &str, parameters: &[u32]) -> Result<DataType, SqlError> {
        Ok(match (name, parameters) {
            ("boolean", []) => DataType::Boolean,
            ("tinyint" | "byte", []) => DataType::Byte,
            ("smallint" | "short", []) => DataType::Short,
            ("int" | "integer", []) => DataType::Integer,
            ("bigint" | "long", []) => DataType::Long,
            ("float" | "real", []) => DataType::Float,
            ("double", []) => DataType::Double,
            ("date", []) => DataType::Date,
            ("timestamp" | "timestamp_ltz", []) => DataType::Timestamp,
            ("timestamp_ntz", []) => DataType::TimestampNtz,
            ("string", []) | ("char" | "character" | "varchar", [_]) => DataType::String,
            ("char" | "character" | "varchar", []) => {
                let message = format!(
                    "DataType \"{}\" requires a length parameter, for example \"{0}\"(10). Please specify the length.",
                    name.to_uppercase()
                );
                return Err(self.error(token, "DATATYPE_MISSING_SIZE", &message));
            }
            ("binary", []) => DataType::Binary,
            ("void", []) => DataType::Null,
            ("decimal" | "dec" | "numeric", []) => DataType::Decimal { precision: 10, scale: 0 },
            ("decimal" | "dec" | "numeric", [precision]) => self.decimal(*precision, 0)?,
            ("decimal" | "dec" | "numeric", [precision, scale]) => self.decimal(*precision, *scale)?,
            ("array" | "struct" | "map", []) => {
                let name = name.to_uppercase();
                let rest = match name.as_str() {
                    "ARRAY" => "an element type. For example: \"ARRAY<INT>\".",
                    "MAP" => "a key type and a value type. For example: \"MAP<TIMESTAMP, INT>\".",
                    _ => "at least one field type. For example: \"STRUCT<name STRING, phone DECIMAL(10, 2)>\".",
                };
                let message = format!(
                    "Incomplete complex type: The definition of \"{name}\" type is incomplete. You must provide {rest}"
                );
                return Err(self.error(token, &format!("INCOMPLETE_TYPE_DEFINITION.{name}"), &message));
            }
            (_, parameters) => {
                let numbers: Vec<_> = parameters.iter().map(u32::to_string).collect();
                let numbers = if numbers.is_empty() { String::new() } else { format!("({})", numbers.join(",")) };
                let message = format!("Unsupported data type \"{}{numbers}\".", name.to_uppercase());
                return Err(self.error(token, "UNSUPPORTED_DATATYPE", &message));
            }
        })
    }

    fn decimal(&self, precision: u32, scale: u32) -> Result<DataType, SqlError> {
        if scale > precision {
            let message = format!("Decimal scale ({scale}) cannot be greater than precision ({precision}).");
            return Err(SqlError::new("ParseException", None, format!("{message}\n== SQL ==\n{}", self.source)));
        }
        match (u8::try_from(precision), u8::try_from(scale)) {
            (Ok(precision), Ok(scale)) if precision <= MAX_PRECISION => Ok(DataType::Decimal { precision, scale }),
            _ => {
                let message = format!("Decimal precision {precision} exceeds max precision {MAX_PRECISION}.");
                Err(SqlError::new("ArithmeticException", Some("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"), message))
            }
        }
    }

    /// `PARSE_SYNTAX_ERROR` at a token.
    fn refuse(&self, token: &Token) -> SqlError {
        let near = match token.kind {
            Kind::End => "end of input".into(),
            _ => format!("'{}'", token.text),
        };
        self.error(token, "PARSE_SYNTAX_ERROR", &format!("Syntax error at or near {near}."))
    }

    /// An error with the place: `ParseException`.
    fn error(&self, token: &Token, condition: &str, message: &str) -> SqlError {
        let before: String = self.source.chars().take(token.at).collect();
        let line = before.matches('\n').count();
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count();
        let mut shown = String::new();
        for (index, text) in self.source.split('\n').enumerate() {
            shown += text;
            shown.push('\n');
            if index == line {
                shown += &"-".repeat(column);
                shown += "^^^\n";
            }
        }
        let place = format!("{message}(line {}, pos {column})\n\n== SQL ==\n{shown}", line + 1);
        SqlError::new("ParseException", Some(condition), place)
    }
}

/// How many characters the quoted text takes that these start with, its quotes included.
fn closing(letters: &[char]) -> Option<usize> {
    let quote = *letters.first()?;
    let mut at = 1;
    loop {
        match letters.get(at)? {
            '\\' if quote != '`' => at += 2,
            letter if *letter == quote && quote == '`' && letters.get(at + 1) == Some(&quote) => at += 2,
            letter if *letter == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
