//! UpdateExpression, and ProjectionExpression, which is a list of paths as well.

use crate::error::Result;

use super::cursor::Cursor;
use super::path::{Path, check_distinct};
use super::placeholders::{Placeholders, Value};
use super::token::Token;

/// An update: what is changed, in the expression's order.
///
/// ```
/// use fieldseal::dynamodb::expressions::{Action, Change, Placeholders, Update, UpdateTerm};
///
/// let placeholders = Placeholders::new(&[], &[(":v", None)]);
/// let update = Update::parse("SET views = if_not_exists(hits, :v) REMOVE draft", &placeholders)?;
/// let [first, second]: &[Action] = &update.actions[..] else { panic!("{update:?}") };
///
/// assert_eq!((first.path.attribute, second.path.attribute), ("views", "draft"));
/// let Change::Set(terms) = &first.change else { panic!("{first:?}") };
/// assert!(matches!(terms[..], [UpdateTerm::Value(_), UpdateTerm::IfNotExists(_)]));
/// assert_eq!(second.change, Change::Remove);
///
/// let read: Vec<_> = first.reads().map(|path| path.attribute).collect();
/// assert_eq!(read, ["hits"]);
/// # Ok::<(), fieldseal::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Update<'a> {
    /// Its actions, on paths of which none lies within another.
    pub actions: Vec<Action<'a>>,
}

/// A change of one place; [`Update`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Action<'a> {
    /// The place.
    pub path: Path<'a>,
    /// The change.
    pub change: Change<'a>,
}

/// What an [`Action`] does; [`Update`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<'a> {
    /// `SET path = terms`, in postfix order: what a term works on comes before it.
    Set(Vec<UpdateTerm<'a>>),
    /// `REMOVE path`
    Remove,
    /// `ADD path value`
    Add(Value<'a>),
    /// `DELETE path value`
    Delete(Value<'a>),
}

/// A part of the value that is set; [`Update`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateTerm<'a> {
    /// What is at a path in the item.
    Path(Path<'a>),
    /// What the request gave.
    Value(Value<'a>),
    /// `if_not_exists(path, …)`, of the term before it.
    IfNotExists(Path<'a>),
    /// `list_append(…, …)`, of the two before it.
    ListAppend,
    /// `… + …`, of the two before it.
    Add,
    /// `… - …`, of the two before it.
    Subtract,
}

/// A function whose operands are being read.
enum Open<'a> {
    Parenthesis,
    IfNotExists(Path<'a>),
    ListAppendFirst,
    ListAppendSecond,
}

const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

impl<'a> Update<'a> {
    /// Reads the request's UpdateExpression.
    ///
    /// # Errors
    /// [`Fault::Malformed`](crate::error::Fault::Malformed) with [`Part::Expression`](crate::error::Part::Expression) for what DynamoDB would not read, and for a placeholder that is not there.
    pub fn parse(text: &'a str, placeholders: &Placeholders<'a>) -> Result<Self> {
        let mut cursor = Cursor::new("UpdateExpression", text, placeholders)?;
        let mut actions = Vec::new();
        let mut seen = [false; SECTIONS.len()];
        while cursor.token() != Token::End {
            let Some((section, seen)) = SECTIONS
                .iter()
                .zip(&mut seen)
                .find(|(section, _)| cursor.token().is_keyword(section))
            else {
                return Err(cursor.unexpected("SET, REMOVE, ADD, DELETE or the end"));
            };
            if core::mem::replace(seen, true) {
                let problem = "a section can only be used once in an update expression";
                return Err(cursor.error_about(problem, section));
            }
            cursor.advance();
            loop {
                actions.push(action(&mut cursor, section)?);
                if !cursor.take(",") {
                    break;
                }
            }
        }
        check_distinct("UpdateExpression", actions.len(), &|i| Some(&actions.get(i)?.path))?;
        Ok(Self { actions })
    }
}

impl<'a> Action<'a> {
    /// The paths that it reads.
    pub fn reads(&self) -> impl Iterator<Item = &Path<'a>> {
        let terms = match &self.change {
            Change::Set(terms) => terms.as_slice(),
            _ => &[],
        };
        terms.iter().filter_map(|term| match term {
            UpdateTerm::Path(path) | UpdateTerm::IfNotExists(path) => Some(path),
            _ => None,
        })
    }
}

fn action<'a>(cursor: &mut Cursor<'a, '_>, section: &str) -> Result<Action<'a>> {
    let path = cursor.path()?;
    let change = match section {
        "SET" => {
            cursor.expect("=")?;
            Change::Set(assigned(cursor)?)
        }
        "REMOVE" => Change::Remove,
        _ => {
            let Some(value) = cursor.value()? else {
                return Err(cursor.unexpected("a value"));
            };
            if section == "ADD" { Change::Add(value) } else { Change::Delete(value) }
        }
    };
    Ok(Action { path, change })
}

/// What is assigned: an operand, or the sum or difference of two.
fn assigned<'a>(cursor: &mut Cursor<'a, '_>) -> Result<Vec<UpdateTerm<'a>>> {
    let mut terms = Vec::new();
    // Around the first operand, or around all of it.
    let mut enclosed = cursor.take("(");
    operand(cursor, &mut terms)?;
    if enclosed && cursor.take(")") {
        enclosed = false;
    }
    let operator = match cursor.token() {
        Token::Symbol("+") => Some(UpdateTerm::Add),
        Token::Symbol("-") => Some(UpdateTerm::Subtract),
        _ => None,
    };
    if let Some(operator) = operator {
        cursor.count_operator()?;
        cursor.advance();
        operand(cursor, &mut terms)?;
        terms.push(operator);
    }
    if enclosed {
        cursor.expect(")")?;
    }
    Ok(terms)
}

/// A path, a value or a function of such, within others however deep.
fn operand<'a>(cursor: &mut Cursor<'a, '_>, terms: &mut Vec<UpdateTerm<'a>>) -> Result<()> {
    let mut open: Vec<Open<'a>> = Vec::new();
    loop {
        // An operand begins.
        if cursor.take("(") {
            open.push(Open::Parenthesis);
            continue;
        }
        if let Some(name) = cursor.function() {
            let function = begin_function(cursor, name, open.last())?;
            open.push(function);
            continue;
        }
        terms.push(match cursor.value()? {
            Some(value) => UpdateTerm::Value(value),
            None => UpdateTerm::Path(cursor.path()?),
        });
        // It has ended, and whatever ends with it.
        loop {
            match open.pop() {
                None => return Ok(()),
                Some(Open::ListAppendFirst) => {
                    cursor.expect(",")?;
                    open.push(Open::ListAppendSecond);
                    break;
                }
                Some(Open::Parenthesis) => cursor.expect(")")?,
                Some(Open::IfNotExists(path)) => {
                    cursor.expect(")")?;
                    terms.push(UpdateTerm::IfNotExists(path));
                }
                Some(Open::ListAppendSecond) => {
                    cursor.expect(")")?;
                    terms.push(UpdateTerm::ListAppend);
                }
            }
        }
    }
}

fn begin_function<'a>(
    cursor: &mut Cursor<'a, '_>,
    name: &str,
    within: Option<&Open<'a>>,
) -> Result<Open<'a>> {
    cursor.count_operator()?;
    match (name, within) {
        ("list_append", Some(Open::ListAppendFirst | Open::ListAppendSecond)) => {
            let problem = "the function is not allowed to be used this way in an expression";
            Err(cursor.error_about(problem, name))
        }
        ("list_append", _) => {
            cursor.advance();
            cursor.advance();
            Ok(Open::ListAppendFirst)
        }
        ("if_not_exists", _) => {
            cursor.advance();
            cursor.advance();
            if matches!(cursor.token(), Token::Value(_)) || cursor.function().is_some() {
                let problem = "operator or function requires a document path";
                return Err(cursor.error_about(problem, name));
            }
            let path = cursor.path()?;
            cursor.expect(",")?;
            Ok(Open::IfNotExists(path))
        }
        _ => Err(cursor.error_about("invalid function name; function", name)),
    }
}

/// Reads the request's ProjectionExpression.
pub(in crate::dynamodb) fn parse_projection<'a>(
    text: &'a str,
    placeholders: &Placeholders<'a>,
) -> Result<Vec<Path<'a>>> {
    let mut cursor = Cursor::new("ProjectionExpression", text, placeholders)?;
    let mut paths = vec![cursor.path()?];
    while cursor.take(",") {
        paths.push(cursor.path()?);
    }
    if cursor.token() != Token::End {
        return Err(cursor.unexpected("',' or the end"));
    }
    check_distinct("ProjectionExpression", paths.len(), &|i| paths.get(i))?;
    Ok(paths)
}
