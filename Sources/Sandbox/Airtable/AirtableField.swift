import Domain

/// The types of fields, by the names of the interface.
enum AirtableFieldType: String, CaseIterable {
  case singleLineText, multilineText, richText, email, url, phoneNumber
  case number, percent, currency, duration, rating
  case checkbox, date, dateTime
  case singleSelect, multipleSelects
  case multipleRecordLinks
  case singleCollaborator, multipleCollaborators
  case multipleAttachments, barcode
  case formula, rollup, multipleLookupValues, count, autoNumber
  case createdTime, createdBy, lastModifiedTime, lastModifiedBy, button, aiText
  case externalSyncSource

  /// Whether its cells are Airtable's own doing: calls neither write them nor create such a field.
  var isComputed: Bool {
    switch self {
    case .formula, .rollup, .multipleLookupValues, .count, .autoNumber, .createdTime, .createdBy,
      .lastModifiedTime, .lastModifiedBy, .button, .aiText, .externalSyncSource:
      true
    default: false
    }
  }

  /// Whether a table's first field may have it.
  var canBePrimary: Bool {
    switch self {
    case .singleLineText, .multilineText, .email, .url, .phoneNumber, .number, .percent, .currency,
      .duration, .date, .dateTime, .barcode:
      true
    default: false
    }
  }

  /// Whether an upsert may find records by it: number, text, long text, selects and date.
  var canMerge: Bool {
    switch self {
    case .number, .singleLineText, .multilineText, .singleSelect, .multipleSelects, .date: true
    default: false
    }
  }

  /// Whether its cells are plain strings.
  var isText: Bool {
    switch self {
    case .singleLineText, .multilineText, .richText, .email, .url, .phoneNumber: true
    default: false
    }
  }
}

/// One option of a select.
struct AirtableChoice: Hashable {
  let id: String
  let name: String
  let color: String

  var json: JSONValue { ["id": .string(id), "name": .string(name), "color": .string(color)] }
}

/// Where a link leads.
struct AirtableLink: Hashable {
  let tableID: String
  /// The field of the other table that shows the link from its side; none for links within a table.
  var inverseFieldID: String?
  var viewID: String?
}

/// A column. Its place in the table's list never changes, for cells are found by it.
struct AirtableField {
  let id: String
  var name: String
  var description: String?
  let type: AirtableFieldType
  /// The options as given, of types other than selects and links.
  var options: JSONObject?
  var choices: [AirtableChoice] = []
  var link: AirtableLink?
  /// What a formula field computes.
  var formula: FormulaNode?
  /// A person removed it; its place stays.
  var isDeleted = false

  /// The field as the schema calls give it.
  var json: JSONValue {
    var object = JSONObject(["id": .string(id), "name": .string(name)])
    object["type"] = .string(type.rawValue)
    if let description { object["description"] = .string(description) }
    if let options = allOptions { object["options"] = .object(options) }
    return .object(object)
  }

  private var allOptions: JSONObject? {
    if type == .singleSelect || type == .multipleSelects {
      return JSONObject(["choices": .array(choices.map(\.json))])
    }
    if let link {
      var object = JSONObject([
        "linkedTableId": .string(link.tableID), "isReversed": false,
        "prefersSingleRecordLink": false,
      ])
      if let inverse = link.inverseFieldID { object["inverseLinkFieldId"] = .string(inverse) }
      if let view = link.viewID { object["viewIdForRecordSelection"] = .string(view) }
      return object
    }
    return options
  }

  /// The colours that new options of a select get in turn.
  static let choiceColors = [
    "blueLight2", "cyanLight2", "tealLight2", "greenLight2", "yellowLight2", "orangeLight2",
    "redLight2", "pinkLight2", "purpleLight2", "grayLight2",
  ]
}
