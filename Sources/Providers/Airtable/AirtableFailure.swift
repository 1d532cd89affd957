// What went wrong at Airtable: its four shapes of error bodies, sorted and put into words.
import Domain
import HTTP
import Sync

/// The two meanings of Airtable's status 429. One passes by itself, the other only with the month.
public enum AirtableLimit: Sendable, Hashable {
  /// More than five requests in a second: nothing succeeds for thirty seconds.
  case perSecond
  /// The workspace's calls of the month are used up: repeating is useless.
  case monthlyQuota

  /// The limit an answer speaks of; nil when it is no refusal for going too fast.
  public static func of(_ response: HTTPResponse) -> AirtableLimit? {
    guard response.status == 429 else { return nil }
    return AirtableFault(response.body).type == "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
      ? .monthlyQuota : .perSecond
  }
}

/// The error an answer carries, in Airtable's own words.
///
/// Four shapes are met: `{"error":{"type","message"}}`, the same without a message,
/// `{"error":"TYPE"}`, and `{"errors":[{"error","message"}]}` from the gateway. Anything else,
/// such as a proxy's page, has neither type nor message.
struct AirtableFault: Sendable, Hashable {
  /// Empty when there is none.
  var type = ""
  /// Empty when there is none.
  var message = ""

  init(_ body: [UInt8]) {
    // A body that is no JSON says nothing; the status alone speaks then.
    guard let json = try? JSONValue(parsing: body) else { return }
    let holder = json["errors"]?.array?.first ?? json
    let inner = holder["error"]
    type = inner?["type"]?.string ?? inner?.string ?? ""
    message = inner?["message"]?.string ?? holder["message"]?.string ?? ""
  }
}

/// A request in words, for the sentences about its failure.
struct AirtableCall: Sendable {
  /// What was being done: `reading the table “Leases”`.
  var what: String
  /// The scope the token needs for it; nil when any token may do it.
  var scope: Scope?
  /// Whether it changes something, so that a lost answer leaves a doubt.
  var changes = false
  /// Names of the fields by id, since a request names fields by id.
  var fieldNames: [String: String] = [:]

  enum Scope: String {
    case recordsRead = "data.records:read"
    case recordsWrite = "data.records:write"
    case schemaRead = "schema.bases:read"
    case schemaWrite = "schema.bases:write"
    case webhooks = "webhook:manage"
  }
}

/// A failed call: the error for a person, and Airtable's type and message for the program.
struct AirtableFailure: Error {
  var error: ProviderError
  var fault = AirtableFault([])

  init(_ error: ProviderError) { self.error = error }

  /// The failure for an answer that is no success.
  init(_ response: HTTPResponse, _ call: AirtableCall) {
    fault = AirtableFault(response.body)
    let words = AirtableWords(fault: fault, status: response.status, call: call)
    let (kind, message, hint) = words.sentence
    error = ProviderError(
      .airtable, kind, AirtableWords.plain(message), hint: AirtableWords.plain(hint),
      status: response.status)
  }

  /// The failure for a request without an answer.
  init(_ transfer: TransferError, _ call: AirtableCall) {
    let message = "Airtable gave no answer to \(call.what): \(transfer.message)"
    func error(_ kind: ProviderError.Kind, _ hint: String) -> ProviderError {
      ProviderError(.airtable, kind, AirtableWords.plain(message), hint: hint)
    }
    if call.changes, transfer.mayHaveLanded {
      self.error = error(.doubt, "It may have been carried out; Rentbook looks before it repeats.")
      return
    }
    self.error =
      switch transfer.kind {
      case .cancelled: error(.cancelled, "")
      case .badAddress: error(.notSetUp, "Check RENTBOOK_AIRTABLE_URL.")
      case .tooLarge: error(.unexpectedAnswer, "")
      case .breakerOpen:
        ProviderError(
          .airtable, .unreachable, transfer.message,
          hint: "Try again later; if it persists, look at status.airtable.com.")
      default: error(.unreachable, "Check the network; the next sync goes on from here.")
      }
  }

  /// The failure for a success whose body is not what the call promises.
  init(unexpected problem: String, _ call: AirtableCall, status: Int = 200) {
    error = ProviderError(
      .airtable, call.changes ? .doubt : .unexpectedAnswer,
      AirtableWords.plain("\(AirtableWords.capitalised(call.what)): \(problem)."),
      hint: call.changes
        ? "It may have been carried out; Rentbook looks before it repeats."
        : "Something else may be answering in Airtable's place; try again.",
      status: status)
  }

  /// Whether the answer says that a row, or the table around it, is not there.
  var mayMeanMissingRow: Bool {
    fault.type == "ROW_DOES_NOT_EXIST" || error.status == 404
      || (error.status == 403 && fault.type == "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND")
  }

  /// Whether a listing must start again from its first page.
  var isLostIterator: Bool {
    ["LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "INVALID_OFFSET_VALUE"].contains(fault.type)
  }

  /// Whether the request named a field as it is no longer: the known schema is out of date.
  var isSchemaDrift: Bool {
    switch fault.type {
    case "UNKNOWN_FIELD_NAME": true
    case "INVALID_FILTER_BY_FORMULA": fault.message.contains("Unknown field name")
    case "INVALID_VALUE_FOR_COLUMN": fault.message.contains("computed")
    default: false
    }
  }
}

/// Turns Airtable's types and messages into sentences that say what to do.
struct AirtableWords {
  /// How much of what Airtable says is shown.
  static let charactersMax = 400
  /// A sentence that lists the fields of a table is longer.
  static let listCharactersMax = 2000

  let fault: AirtableFault
  let status: Int
  let call: AirtableCall

  private typealias Sentence = (ProviderError.Kind, String, String)

  var sentence: (ProviderError.Kind, String, String) {
    let what = call.what
    switch status {
    case 401:
      return (
        .notAuthorised, "Airtable does not accept the access token (401).",
        "Make a token at airtable.com/create/tokens and run `rentbook connect airtable`."
      )
    case 403: return forbidden
    case 404:
      return (
        .notFound, "Airtable finds nothing for \(what) (404).",
        [.recordsRead, .recordsWrite].contains(call.scope)
          ? "The row or the table may have been deleted in Airtable."
          : "Check the base's id and RENTBOOK_AIRTABLE_URL; another service may be answering."
      )
    case 413:
      return (
        .refused, "Airtable refuses \(what): the request is too large (413).",
        "Shorten the longest text of the record."
      )
    case 429:
      if fault.type == "PUBLIC_API_BILLING_LIMIT_EXCEEDED" {
        return (
          .quotaSpent, "The workspace's Airtable calls of this month are used up (429).",
          "It goes on when the month turns, or at once on a larger Airtable plan."
        )
      }
      return (
        .rateLimited, "Airtable asks for fewer requests (429) at \(what).",
        "Other programs on this base share the limit; the next sync goes on from here."
      )
    case 408, 500...:
      return call.changes
        ? (
          .doubt, "Airtable failed (\(status)) at \(what); it may have been carried out.",
          "Rentbook looks for the record before it sends it again."
        )
        : (
          .unreachable, "Airtable failed (\(status)) at \(what).",
          "Try again later; if it persists, look at status.airtable.com."
        )
    case 400..<500: return refused
    default:
      return (
        call.changes ? .doubt : .unexpectedAnswer,
        "Airtable answered \(what) with the status \(status)\(because)",
        "Check the address of the service; something else may be answering."
      )
    }
  }

  /// 403 is also the answer for a base or a table that is not there.
  private var forbidden: (ProviderError.Kind, String, String) {
    if fault.type == "INVALID_PERMISSIONS", !fault.message.isEmpty {
      return (
        .forbidden, "Airtable does not permit \(call.what): \(fault.message)",
        "Ask the owner of the base for the right to do this there, or map another field."
      )
    }
    return (
      .forbidden,
      "Airtable does not permit \(call.what), or the base or table is not there (403).",
      "Check that the base's id is right and that the token was given this base"
        + (call.scope.map { " and has the scope \($0.rawValue)" } ?? "") + "."
    )
  }

  private var refused: (ProviderError.Kind, String, String) {
    let field = fieldName.map { "the field “\($0)”" } ?? "a field"
    switch fault.type {
    case "UNKNOWN_FIELD_NAME":
      return (
        .notSetUp, "At \(call.what): \(field) is not there any more.",
        "Run `rentbook airtable setup`, or map another field."
      )
    case "INVALID_VALUE_FOR_COLUMN" where fault.message.contains("computed"):
      return (
        .notSetUp, "At \(call.what): \(field) is computed by Airtable and takes no value.",
        "Turn it back into a plain field in Airtable, or map another field."
      )
    case "INVALID_VALUE_FOR_COLUMN" where fault.message.contains("array of record IDs"):
      return (
        .refused,
        "At \(call.what): \(fieldName.map { "the field “\($0)”" } ?? "a link field")"
          + " takes links to rows, and got something else.",
        "Check in Airtable which table the field links to."
      )
    case "INVALID_VALUE_FOR_COLUMN":
      return (
        .refused, "At \(call.what): \(field) does not take the value sent.",
        "Check the field's type in Airtable; `rentbook airtable setup --dry-run` says what it"
          + " should be."
      )
    case "INVALID_MULTIPLE_CHOICE_OPTIONS":
      return (
        .refused,
        "At \(call.what): no select field has the choice \(quoted(fault.message) ?? "sent").",
        "Add the choice in Airtable, or make the field a single line text."
      )
    case "ROW_DOES_NOT_EXIST":
      return (
        .notFound, "At \(call.what): the row \(recordID ?? "named") is not in Airtable any more.",
        "It was deleted there; Rentbook can make it again."
      )
    case "INVALID_FILTER_BY_FORMULA":
      return (
        .refused, "Airtable does not understand the filter used for \(call.what)\(because)",
        "A field may have been renamed a moment ago; try again."
      )
    case "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "INVALID_OFFSET_VALUE":
      return (
        .refused, "Airtable lost its place at \(call.what).", "The listing starts again."
      )
    case "UNSUPPORTED_FIELD_TYPE_FOR_CREATE":
      return (
        .refused, "Airtable does not let this kind of field be made by a program (\(call.what)).",
        "Add the field by hand in Airtable."
      )
    default:
      let type = fault.type.isEmpty ? "\(status)" : "\(status) \(fault.type)"
      return (
        .refused, "Airtable refuses \(call.what) (\(type))\(because)",
        call.changes
          ? "Correct what it names; sending the same again will not help."
          : "A newer Rentbook may know how it wants to be asked."
      )
    }
  }

  /// What Airtable says, and the end of the sentence.
  private var because: String {
    if fault.message.isEmpty { return "." }
    return ": \(fault.message)" + (fault.message.hasSuffix(".") ? "" : ".")
  }

  /// The field a message is about: in quotes, or at its end.
  private var fieldName: String? {
    let text = fault.message
    let named =
      quoted(text)
      ?? text.firstRange(of: " for field ").map { String(text[$0.upperBound...]) }
    guard let named else { return nil }
    return call.fieldNames[named] ?? named
  }

  /// The first record id in the message.
  var recordID: String? {
    fault.message.split(whereSeparator: { !$0.isLetter && !$0.isNumber })
      .first { $0.hasPrefix("rec") && $0.count > 3 && $0 != "record" }.map(String.init)
  }

  /// What stands between the first pair of quotes, unless that is a value.
  private func quoted(_ text: String) -> String? {
    guard !text.contains("Cannot parse value") else { return nil }
    let parts = text.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count == 3 ? String(parts[1]) : nil
  }

  /// One line without control characters, which could steer a terminal, and of bounded length.
  static func plain(_ text: String, max: Int = charactersMax) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(max) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      line.append(isControl ? " " : scalar)
    }
    return String(line)
  }

  static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
