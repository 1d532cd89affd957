import Domain

/// The text in which values agreed with a service are kept.
enum BaseText {
  /// The fields as canonical JSON.
  static func write(_ fields: FieldValues) -> String {
    var object = JSONObject()
    for name in fields.keys.sorted() { object[name] = fields[name]?.json }
    return JSONValue.object(object).canonicalText
  }

  /// The fields again; what does not fit its kind any more is left out, and so is compared anew.
  static func read(_ text: String, _ definitions: [FieldDefinition]) -> FieldValues {
    guard let json = try? JSONValue(parsing: text) else { return [:] }
    var fields: FieldValues = [:]
    for field in definitions {
      if let member = json[field.name], let value = field.kind.value(json: member) {
        fields[field.name] = value
      }
    }
    return fields
  }

  /// A base with some fields set to other values. Fields it holds beside them stay, also those that
  /// are not compared at present because their column cannot be read.
  static func setting(_ fields: FieldValues, in text: String) -> String {
    var object = (try? JSONValue(parsing: text))?.object ?? JSONObject()
    for (name, value) in fields { object[name] = value.isNull ? nil : value.json }
    return JSONValue.object(object).canonicalText
  }

  /// The text without some fields.
  static func without(_ names: [String], _ text: String) -> String {
    var object = (try? JSONValue(parsing: text))?.object ?? JSONObject()
    for name in names { object[name] = nil }
    return JSONValue.object(object).canonicalText
  }

  /// A record of a source without what is sealed, which stands encrypted in the record itself.
  static func write(_ record: Record) -> String {
    let schema = RecordSchema.of(record.resource)
    let sealed = Set(schema.fields.filter { $0.kind == .sealed }.map(\.name))
    var open = record
    open.fields = record.fields.filter { !sealed.contains($0.key) }
    return open.json.canonicalText
  }
}
