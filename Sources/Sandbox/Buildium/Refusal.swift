import Domain
import WebServer

/// A request that is not carried out, with the status and the words of the answer.
///
/// The service's own answers carry a sentence for a person, seldom a code, and for 422 one pair per
/// faulty member; clients must go by the status.
struct Refusal: Error {
  struct Fault {
    var key: String
    var value: String
  }

  var status: Int
  var message: String
  var faults: [Fault] = []

  static let badKey = Refusal(
    status: 401, message: "The API key's id or secret is missing or wrong.")
  static let noPermission = Refusal(
    status: 403, message: "The API key has no permission for this operation.")
  static let badBodyType = Refusal(
    status: 415, message: "The body must be sent as application/json.")
  static let serverError = Refusal(status: 500, message: "Something went wrong on our side.")

  static func unprocessable(_ key: String, _ value: String) -> Refusal {
    .unprocessable([Fault(key: key, value: value)])
  }

  static func unprocessable(_ faults: [Fault]) -> Refusal {
    Refusal(
      status: 422, message: "The request holds values that cannot be accepted.", faults: faults)
  }

  static func notFound(_ what: String = "resource") -> Refusal {
    Refusal(status: 404, message: "The \(what) asked for does not exist.")
  }

  static func conflict(_ message: String) -> Refusal { Refusal(status: 409, message: message) }

  var body: [UInt8] {
    MessageWriter.object { writer in
      writer.put("UserMessage", message)
      writer.null("ErrorCode")
      writer.array("Errors", faults) { writer, fault in
        writer.object {
          $0.put("Key", fault.key)
          $0.put("Value", fault.value)
        }
      }
    }
  }
}

/// What a handler answers when it carries the request out.
enum Answer {
  case object([UInt8])
  /// The page's records and how many there are in all; nil where the service does not count.
  case page([UInt8], total: Int?)
  /// A new record and the path it can be read under.
  case created([UInt8], location: String)
  case noContent
}
