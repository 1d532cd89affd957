import Domain

// The parameters of record calls, read as strictly as Airtable reads them: what is not known is
// refused.

extension ListRequest {
  /// Reads the query of a list call.
  init(query: [(name: String, value: String)]) throws(AirtableRefusal) {
    var sorts: [Int: (field: String?, descending: Bool)] = [:]
    var zone = Zone()
    for (name, value) in query {
      switch name {
      case "pageSize": pageSize = try Self.whole(value)
      case "maxRecords": recordsMax = try Self.whole(value)
      case "offset": offset = value
      case "view": view = value
      case "filterByFormula": formula = value
      case "fields[]", "fields": fields = (fields ?? []) + [value]
      default:
        if let (index, part) = Self.sortKey(name) {
          var entry = sorts[index] ?? (nil, false)
          if part == "field" { entry.field = value } else { entry.descending = value == "desc" }
          guard part == "field" || value == "asc" || value == "desc" else { throw .invalidRequest }
          sorts[index] = entry
        } else if try !shown.read(name, value, &zone) {
          throw .invalidRequest
        }
      }
    }
    for (_, entry) in sorts.sorted(by: { $0.key < $1.key }) {
      guard let field = entry.field else { throw .invalidRequest }
      sort.append((field, entry.descending))
    }
    try zone.check(shown)
  }

  /// Reads the body of a list call made with POST; time zone and locale stay in its query.
  init(body: JSONValue, query: [(name: String, value: String)]) throws(AirtableRefusal) {
    var zone = Zone()
    for (name, value) in query {
      guard name == "timeZone" || name == "userLocale", try shown.read(name, value, &zone) else {
        throw .invalidRequest
      }
    }
    for (name, value) in body.object?.members ?? [] {
      switch (name, value) {
      case ("pageSize", .number): pageSize = try Self.whole(value)
      case ("maxRecords", .number): recordsMax = try Self.whole(value)
      case ("offset", .string(let text)): offset = text
      case ("view", .string(let text)): view = text
      case ("filterByFormula", .string(let text)): formula = text
      case ("fields", .array(let names)): fields = try Self.texts(names)
      case ("recordMetadata", .array(let names)):
        guard try Self.texts(names).allSatisfy({ $0 == "commentCount" }) else {
          throw .invalidRequest
        }
        shown.withCommentCount = !names.isEmpty
      case ("returnFieldsByFieldId", .bool(let flag)): shown.byFieldID = flag
      case ("cellFormat", .string(let format)):
        guard try shown.read("cellFormat", format, &zone) else { throw .invalidRequest }
      case ("sort", .array(let parts)):
        for part in parts {
          guard let field = part["field"]?.string else { throw .invalidRequest }
          let direction = part["direction"] ?? "asc"
          guard direction == "asc" || direction == "desc" else { throw .invalidRequest }
          sort.append((field, direction == "desc"))
        }
      default: throw .invalidRequest
      }
    }
    try zone.check(shown)
  }

  private static func whole(_ text: String) throws(AirtableRefusal) -> Int {
    guard let number = Int(text) else { throw .invalidRequest }
    return number
  }

  private static func whole(_ value: JSONValue) throws(AirtableRefusal) -> Int {
    guard let number = value.int else { throw .invalidRequest }
    return number
  }

  private static func texts(_ values: [JSONValue]) throws(AirtableRefusal) -> [String] {
    var texts: [String] = []
    for value in values {
      guard let text = value.string else { throw .invalidRequest }
      texts.append(text)
    }
    return texts
  }

  /// Takes `sort[0][field]` apart.
  private static func sortKey(_ name: String) -> (Int, String)? {
    guard name.hasPrefix("sort["), name.hasSuffix("]") else { return nil }
    let parts = name.dropFirst(5).dropLast().split(separator: "]", maxSplits: 1)
    guard parts.count == 2, let index = Int(parts[0]), parts[1].hasPrefix("[") else { return nil }
    let part = String(parts[1].dropFirst())
    return part == "field" || part == "direction" ? (index, part) : nil
  }
}

extension ShownAs {
  /// What text cells need to be told.
  struct Zone {
    var hasZone = false
    var hasLocale = false

    /// `cellFormat=string` needs a time zone and a locale.
    func check(_ shown: ShownAs) throws(AirtableRefusal) {
      if shown.asText, !(hasZone && hasLocale) { throw .invalidRequest }
    }
  }

  /// Reads the query of a call for one record.
  init(query: [(name: String, value: String)]) throws(AirtableRefusal) {
    var zone = Zone()
    for (name, value) in query where try !read(name, value, &zone) { throw .invalidRequest }
    guard !withCommentCount else { throw .invalidRequest }
    try zone.check(self)
  }

  /// Reads one parameter; false when it is none of these.
  mutating func read(_ name: String, _ value: String, _ zone: inout Zone) throws(AirtableRefusal)
    -> Bool
  {
    switch name {
    case "returnFieldsByFieldId": byFieldID = value == "true" || value == "1"
    case "cellFormat":
      guard value == "json" || value == "string" else { throw .invalidRequest }
      asText = value == "string"
    case "timeZone": zone.hasZone = !value.isEmpty
    case "userLocale": zone.hasLocale = !value.isEmpty
    case "recordMetadata[]", "recordMetadata":
      guard value == "commentCount" else { throw .invalidRequest }
      withCommentCount = true
    default: return false
    }
    return true
  }
}

extension ListRequest {
  fileprivate typealias Zone = ShownAs.Zone
}

/// A call that writes records.
struct WriteCall {
  enum Kind {
    case create
    case changeOne(id: String, replaces: Bool)
    case changeMany(replaces: Bool)
  }

  var writes: RecordWrites
  /// One record was sent, and one is answered.
  var isSingle = false
  var byFieldID = false

  /// Reads a body.
  init(_ body: JSONValue, _ kind: Kind) throws(AirtableRefusal) {
    guard let object = body.object else { throw .invalidRequest }
    var known: Set = ["typecast", "returnFieldsByFieldId"]
    switch kind {
    case .create: known.formUnion(["fields", "records"])
    case .changeOne: known.insert("fields")
    case .changeMany: known.formUnion(["records", "performUpsert"])
    }
    guard known.isSuperset(of: object.keys) else { throw .invalidRequest }
    writes = RecordWrites(records: [])
    writes.typecast = try Self.flag(object["typecast"])
    byFieldID = try Self.flag(object["returnFieldsByFieldId"])
    switch kind {
    case .create:
      if let records = object["records"] {
        guard object["fields"] == nil else { throw .invalidRequest }
        try readRecords(records, needsID: false, allowsID: false)
      } else {
        try readSingle(object, id: nil)
      }
    case .changeOne(let id, let replaces):
      writes.replacesAll = replaces
      try readSingle(object, id: id)
    case .changeMany(let replaces):
      writes.replacesAll = replaces
      if let upsert = object["performUpsert"], !upsert.isNull {
        guard let names = upsert["fieldsToMergeOn"]?.array,
          upsert.object?.keys == ["fieldsToMergeOn"]
        else { throw .invalidRequest }
        var mergeOn: [String] = []
        for name in names {
          guard let text = name.string else { throw .invalidRequest }
          mergeOn.append(text)
        }
        writes.mergeOn = mergeOn
      }
      guard let records = object["records"] else { throw .invalidRecords }
      try readRecords(records, needsID: writes.mergeOn == nil, allowsID: true)
    }
  }

  private static func flag(_ value: JSONValue?) throws(AirtableRefusal) -> Bool {
    guard let value, !value.isNull else { return false }
    guard let flag = value.bool else { throw .invalidRequest }
    return flag
  }

  private mutating func readSingle(_ object: JSONObject, id: String?) throws(AirtableRefusal) {
    guard let given = object["fields"] else { throw .missingFields }
    guard let fields = given.object else { throw .invalidRequest }
    writes.records = [(id, fields)]
    isSingle = true
  }

  private mutating func readRecords(_ value: JSONValue, needsID: Bool, allowsID: Bool)
    throws(AirtableRefusal)
  {
    guard let records = value.array, (1...RecordWrites.recordsMax).contains(records.count) else {
      throw .invalidRecords
    }
    for record in records {
      guard let object = record.object, let fields = object["fields"]?.object,
        Set(["id", "fields"]).isSuperset(of: object.keys)
      else { throw .invalidRecords }
      let id = object["id"]?.string
      guard object["id"] == nil || (id != nil && allowsID), !needsID || id != nil else {
        throw .invalidRecords
      }
      writes.records.append((id, fields))
    }
  }
}
