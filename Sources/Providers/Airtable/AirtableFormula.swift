// Formulas for filters. The only place where a value becomes part of a formula.
import Domain

/// The text of a formula.
///
/// Values enter as string literals and names as braces, both escaped, so that a tenant's name or a
/// field's name can never end the literal and be read as a formula (requirement H4).
struct AirtableFormula: Hashable, CustomStringConvertible {
  let description: String

  /// A text literal in single quotes.
  static func literal(_ text: String) -> String {
    var output = "'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "'": output += "\\'"
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "'"
  }

  /// A reference to a field by its name. A closing brace and a backslash are escaped; Airtable
  /// needs nothing else escaped there.
  static func field(_ name: String) -> String {
    "{" + name.replacing("\\", with: "\\\\").replacing("}", with: "\\}") + "}"
  }

  /// Rows whose field holds one of the texts.
  static func isAny(_ field: String, of texts: [String]) -> AirtableFormula {
    any(texts.map { "\(Self.field(field))=\(literal($0))" })
  }

  /// The rows with these ids.
  static func rows(_ ids: [String]) -> AirtableFormula {
    any(ids.map { "RECORD_ID()=\(literal($0))" })
  }

  /// Rows made or changed after a moment.
  ///
  /// The dates are compared as dates: `>` on texts would answer every row every time. A row never
  /// edited may have no time of change, so its creation counts too.
  static func changed(since moment: Instant) -> AirtableFormula {
    let parsed = "DATETIME_PARSE(\(literal(moment.description)))"
    return AirtableFormula(
      description: "OR(IS_AFTER(LAST_MODIFIED_TIME(), \(parsed)),"
        + " IS_AFTER(CREATED_TIME(), \(parsed)))")
  }

  private static func any(_ conditions: [String]) -> AirtableFormula {
    AirtableFormula(
      description: conditions.count == 1
        ? conditions[0] : "OR(" + conditions.joined(separator: ", ") + ")")
  }
}
