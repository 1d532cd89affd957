import Domain
import WebServer

/// A call the simulated Airtable refuses, in one of the four shapes the real one uses.
///
/// Where the real type of a refusal is not established, `INVALID_REQUEST_UNKNOWN` stands in: a
/// client must not tell such cases apart.
struct AirtableRefusal: Error, Hashable {
  /// How the body is shaped.
  enum Shape: Hashable {
    /// `{"error": {"type", "message"}}`, or without a message.
    case object(message: String?)
    /// `{"error": "TYPE"}`
    case bare
    /// `{"errors": [{"error", "message"}]}`, from the gateway before the service.
    case gateway(message: String)
  }

  let status: Int
  let type: String
  let shape: Shape

  init(_ status: Int, _ type: String, _ message: String? = nil) {
    (self.status, self.type, shape) = (status, type, .object(message: message))
  }

  init(_ status: Int, _ type: String, shape: Shape) {
    (self.status, self.type, self.shape) = (status, type, shape)
  }

  var response: WebResponse {
    let document: JSONValue =
      switch shape {
      case .object(let message?): ["error": ["type": .string(type), "message": .string(message)]]
      case .object(nil): ["error": ["type": .string(type)]]
      case .bare: ["error": .string(type)]
      case .gateway(let message):
        ["errors": [["error": .string(type), "message": .string(message)]]]
      }
    return .json(status: status, document)
  }
}

extension AirtableRefusal {
  static let noToken = AirtableRefusal(401, "AUTHENTICATION_REQUIRED", "Authentication required")
  static let badToken = AirtableRefusal(401, "UNAUTHORIZED", "Invalid token")
  static let notPermitted = AirtableRefusal(
    403, "INVALID_PERMISSIONS", "You are not permitted to perform this operation")
  /// Also the answer for a base or table that does not exist.
  static let modelNotFound = AirtableRefusal(
    403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
    "Invalid permissions, or the requested model was not found. Check that both your user and your "
      + "token have the required permissions, and that the model names and/or ids are correct.")
  static let notFound = AirtableRefusal(404, "NOT_FOUND", shape: .bare)
  static let unparsable = AirtableRefusal(
    400, "INVALID_REQUEST_BODY", "Could not parse request body")
  static let tooLarge = AirtableRefusal(413, "REQUEST_TOO_LARGE", "Request body is too large")
  static let addressTooLong = AirtableRefusal(414, "INVALID_REQUEST_UNKNOWN", "URI too long")
  static let invalidRequest = AirtableRefusal(
    422, "INVALID_REQUEST_UNKNOWN",
    "Invalid request: parameter validation failed. Check your request data.")
  static let missingFields = AirtableRefusal(
    422, "INVALID_REQUEST_MISSING_FIELDS", "Could not find field \"fields\" in the request body")
  static let invalidRecords = AirtableRefusal(
    422, "INVALID_RECORDS",
    "You must provide an array of up to 10 record objects, each with an 'id' ID field and a "
      + "'fields' object for cell values.")
  static let iteratorGone = AirtableRefusal(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
  static let quotaSpent = AirtableRefusal(
    429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
    "API billing plan limit exceeded. Upgrade the workspace's plan to make more calls this month.")

  /// Something is wrong that has no type of its own.
  static func invalid(_ message: String) -> AirtableRefusal {
    AirtableRefusal(422, "INVALID_REQUEST_UNKNOWN", message)
  }

  static func badOffset(_ offset: String) -> AirtableRefusal {
    AirtableRefusal(422, "INVALID_OFFSET_VALUE", "The value of offset \(offset) is invalid")
  }

  static func unknownField(_ name: String) -> AirtableRefusal {
    AirtableRefusal(422, "UNKNOWN_FIELD_NAME", "Unknown field name: \"\(name)\"")
  }

  static func badValue(_ field: AirtableField) -> AirtableRefusal {
    AirtableRefusal(
      422, "INVALID_VALUE_FOR_COLUMN",
      "Field \"\(field.name)\" cannot accept the provided value")
  }

  static func computed(_ field: AirtableField) -> AirtableRefusal {
    AirtableRefusal(
      422, "INVALID_VALUE_FOR_COLUMN",
      "Field \"\(field.name)\" cannot accept a value because the field is computed")
  }

  static func cannotParse(_ text: String, _ field: AirtableField) -> AirtableRefusal {
    AirtableRefusal(
      422, "INVALID_VALUE_FOR_COLUMN", "Cannot parse value \"\(text)\" for field \(field.name)")
  }

  static let notRecordIDs = AirtableRefusal(
    422, "INVALID_VALUE_FOR_COLUMN", "Value is not an array of record IDs.")

  static func unknownChoice(_ name: String) -> AirtableRefusal {
    AirtableRefusal(
      422, "INVALID_MULTIPLE_CHOICE_OPTIONS",
      "Insufficient permissions to create new select option \"\(name)\"")
  }

  static func noRow(_ id: String) -> AirtableRefusal {
    AirtableRefusal(
      422, "ROW_DOES_NOT_EXIST", "Record ID \(id) does not exist in this table")
  }

  static func formula(_ problem: String) -> AirtableRefusal {
    AirtableRefusal(
      422, "INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: \(problem)")
  }

  static func fieldOptions(_ table: String, _ field: String, _ problem: String) -> AirtableRefusal {
    AirtableRefusal(
      422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
      "Invalid options for \(table).\(field): \(problem)")
  }

  static func fieldType(_ table: String, _ field: String, _ type: String) -> AirtableRefusal {
    AirtableRefusal(
      422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
      "Invalid options for \(table).\(field): "
        + "Creating \(type) fields is not supported at this time")
  }

  static func fieldName(_ name: String) -> AirtableRefusal {
    AirtableRefusal(
      422, "DUPLICATE_OR_EMPTY_FIELD_NAME", "Field name \"\(name)\" is empty or already in use")
  }
}
