// Whose books a line belongs to.
import Domain
import Sync

/// Buildium's *accounting entity* of a line. Ids are unique only within a type: Company 1 and
/// Rental 1 may both exist.
enum EntityReference {
  /// The fields of a line.
  static func fields(_ line: Wire) throws(ProviderError) -> FieldValues {
    let type = try line.field(.choice, "AccountingEntity", "AccountingEntityType")
    let id = try line.field(.integer, "AccountingEntity", "Id")
    var unit = try line.field(.reference(.units), "AccountingEntity", "Unit", "Id")
    if unit.isNull { unit = try line.field(.reference(.units), "AccountingEntity", "UnitId") }
    var property = FieldValue.null
    if type.text == "Rental", let id = id.integer, id > 0 {
      property = .reference(RemoteKey(.buildium, .properties, String(id)))
    }
    return ["entity_type": type, "entity_id": id, "property_id": property, "unit_id": unit]
  }

  /// The same in the form of a body. A line that names only a property is one of that rental.
  static func wire(_ line: FieldValues) -> JSONValue? {
    let property = line["property_id"]?.reference
    let id = line["entity_id"]?.integer.map { String($0) } ?? property?.id
    guard let id, let type = line["entity_type"]?.text ?? (property == nil ? nil : "Rental") else {
      return nil
    }
    return [
      "Id": .number(id), "AccountingEntityType": .string(type),
      "UnitId": (line["unit_id"] ?? .null).wire,
    ]
  }

  /// The one link all lines agree on; null when they differ or there is none.
  static func common(_ field: String, of lines: [FieldValues]) -> FieldValue {
    let values = Set(lines.compactMap { $0[field] }.filter { !$0.isNull })
    return values.count == 1 ? values.first ?? .null : .null
  }

  /// The sum of a field of the lines.
  static func sum(_ field: String, of lines: [FieldValues]) -> Money {
    lines.reduce(.zero) { $0 + ($1[field]?.money ?? .zero) }
  }

  /// The GL account of a line. Messages spell it three ways.
  static func account(_ line: Wire) throws(ProviderError) -> FieldValue {
    for path in [["GLAccount", "Id"], ["GLAccountId"], ["GlAccountId"]] {
      let account = try line.field(.reference(.glAccounts), path)
      if !account.isNull { return account }
    }
    return .null
  }
}
