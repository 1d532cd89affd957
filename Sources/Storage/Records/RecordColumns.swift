import Domain

/// How values of fields stand in columns.
enum RecordColumns {
  /// The name as SQL wants it: the seed's camel-case columns need quotes.
  static func quoted(_ name: String) -> String {
    name.contains { $0.isUppercase } ? "\"\(name)\"" : name
  }

  /// A plain value as it is bound; links and secrets have ways of their own.
  static func sql(_ value: FieldValue) -> SQLValue? {
    switch value {
    case .null, .reference, .references: nil
    case .text(let text): .text(text)
    case .integer(let number): .integer(number)
    case .money(let amount): .money(amount)
    case .decimal(let number): .text(number.description)
    case .date(let date): .date(date)
    case .instant(let instant): .instant(instant)
    case .boolean(let flag): .bool(flag)
    }
  }

  /// A plain value as it was stored.
  static func value(_ kind: FieldKind, _ row: Row, _ column: Int) -> FieldValue {
    if row.isNull(column) { return .null }
    switch kind {
    case .text, .longText, .choice: return .text(row.text(column))
    case .integer: return .integer(row.int64(column))
    case .money: return .money(row.money(column))
    case .decimal: return DecimalText(row.text(column)).map(FieldValue.decimal) ?? .null
    case .date: return row.date(column).map(FieldValue.date) ?? .null
    case .instant: return row.instant(column).map(FieldValue.instant) ?? .null
    case .boolean: return .boolean(row.bool(column))
    case .sealed, .reference, .references: return .null
    }
  }
}

extension FieldDefinition {
  /// Whether the field is a column of its table; lists of links stand in a table of their own.
  var isColumn: Bool { if case .references = kind { false } else { true } }
}
