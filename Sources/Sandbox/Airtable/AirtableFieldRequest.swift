import Domain

/// A field that a call asks for, checked as the schema calls check it.
struct FieldRequest {
  let name: String
  let description: String?
  let type: AirtableFieldType
  let options: JSONObject?

  static let nameLengthMax = 255
  static let descriptionLengthMax = 20_000

  /// Reads a field's description.
  ///
  /// - Parameters:
  ///   - table: the table's name, which refusals name.
  ///   - isByHand: a person adds it in Airtable's own screens, where computed types are allowed.
  init(_ json: JSONValue, table: String, isByHand: Bool = false) throws(AirtableRefusal) {
    guard let object = json.object else { throw .invalidRequest }
    let known: Set = ["name", "type", "description", "options"]
    guard known.isSuperset(of: object.keys) else { throw .invalidRequest }
    guard let name = object["name"]?.string, let typeName = object["type"]?.string else {
      throw .invalidRequest
    }
    guard !name.allSatisfy(\.isWhitespace), name.count <= Self.nameLengthMax else {
      throw .fieldName(name)
    }
    guard let type = AirtableFieldType(rawValue: typeName) else { throw .invalidRequest }
    guard isByHand || !type.isComputed else { throw .fieldType(table, name, typeName) }
    self.name = name
    self.type = type
    description = try Self.description(object["description"])
    if let given = object["options"], !given.isNull {
      guard let members = given.object else { throw .fieldOptions(table, name, "not an object") }
      options = members
    } else {
      options = nil
    }
    if !type.isComputed, let problem = OptionRule.problem(of: options, for: type) {
      throw .fieldOptions(table, name, problem)
    }
  }

  /// Reads a description of a table or field.
  static func description(_ json: JSONValue?) throws(AirtableRefusal) -> String? {
    guard let json, !json.isNull else { return nil }
    guard let text = json.string, text.count <= descriptionLengthMax else { throw .invalidRequest }
    return text.isEmpty ? nil : text
  }
}

/// Which options each type needs when a field is created, and which values they take.
enum OptionRule {
  private static let dateFormats = [
    "local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD",
  ]
  private static let timeFormats = ["12hour": "h:mma", "24hour": "HH:mm"]
  private static let icons: Set = [
    "check", "xCheckbox", "star", "heart", "thumbsUp", "flag", "dot",
  ]
  private static let colors: Set = [
    "yellowBright", "orangeBright", "redBright", "pinkBright", "purpleBright", "blueBright",
    "cyanBright", "tealBright", "greenBright", "grayBright",
  ]
  private static let durations: Set = ["h:mm", "h:mm:ss", "h:mm:ss.S", "h:mm:ss.SS", "h:mm:ss.SSS"]

  /// What is wrong with the options; nil when nothing is.
  static func problem(of options: JSONObject?, for type: AirtableFieldType) -> String? {
    let options = options ?? JSONObject()
    switch type {
    case .number, .percent:
      return others(options, ["precision"]) ?? whole(options, "precision", 0...8)
    case .currency:
      return others(options, ["precision", "symbol"]) ?? whole(options, "precision", 0...7)
        ?? (options["symbol"]?.string == nil ? "symbol is required" : nil)
    case .checkbox:
      return others(options, ["icon", "color"]) ?? oneOf(options, "icon", icons)
        ?? oneOf(options, "color", colors)
    case .rating:
      return others(options, ["icon", "color", "max"]) ?? oneOf(options, "icon", icons)
        ?? oneOf(options, "color", colors) ?? whole(options, "max", 1...10)
    case .duration:
      return others(options, ["durationFormat"]) ?? oneOf(options, "durationFormat", durations)
    case .date:
      return others(options, ["dateFormat"]) ?? format(options, "dateFormat", dateFormats)
    case .dateTime:
      return others(options, ["timeZone", "dateFormat", "timeFormat"])
        ?? (options["timeZone"]?.string?.isEmpty == false ? nil : "timeZone is required")
        ?? format(options, "dateFormat", dateFormats) ?? format(options, "timeFormat", timeFormats)
    case .singleSelect, .multipleSelects: return others(options, ["choices"]) ?? choices(options)
    case .multipleRecordLinks:
      return others(options, ["linkedTableId", "viewIdForRecordSelection"])
        ?? (options["linkedTableId"]?.string == nil ? "linkedTableId is required" : nil)
    default: return others(options, [])
    }
  }

  /// The options as the service gives them back, with the parts it fills in.
  static func completed(_ options: JSONObject?, for type: AirtableFieldType) -> JSONObject? {
    guard var options else {
      return type == .multipleAttachments ? JSONObject(["isReversed": false]) : nil
    }
    for (key, table) in [("dateFormat", dateFormats), ("timeFormat", timeFormats)] {
      if let name = options[key]?["name"]?.string {
        options[key] = ["name": .string(name), "format": .optional(table[name])]
      }
    }
    return options.isEmpty ? nil : options
  }

  private static func others(_ options: JSONObject, _ allowed: Set<String>) -> String? {
    options.keys.first { !allowed.contains($0) }.map { "\($0) is not an option of this type" }
  }

  private static func whole(_ options: JSONObject, _ key: String, _ range: ClosedRange<Int>)
    -> String?
  {
    guard let value = options[key]?.int, range.contains(value) else {
      return "\(key) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
    return nil
  }

  private static func oneOf(_ options: JSONObject, _ key: String, _ allowed: Set<String>)
    -> String?
  {
    guard let value = options[key]?.string, allowed.contains(value) else {
      return "\(key) must be one of \(allowed.sorted().joined(separator: ", "))"
    }
    return nil
  }

  private static func format(_ options: JSONObject, _ key: String, _ table: [String: String])
    -> String?
  {
    guard let name = options[key]?["name"]?.string, let format = table[name] else {
      return "\(key).name must be one of \(table.keys.sorted().joined(separator: ", "))"
    }
    if let given = options[key]?["format"], given.string != format {
      return "\(key).format must be \(format)"
    }
    return nil
  }

  private static func choices(_ options: JSONObject) -> String? {
    guard let choices = options["choices"]?.array else { return "choices is required" }
    var seen: Set<String> = []
    for choice in choices {
      guard let object = choice.object, let name = object["name"]?.string, !name.isEmpty,
        Set(["name", "color"]).isSuperset(of: object.keys)
      else { return "a choice needs a name, and takes nothing but a color" }
      guard seen.insert(name).inserted else { return "choice \(name) is there twice" }
    }
    return nil
  }
}
