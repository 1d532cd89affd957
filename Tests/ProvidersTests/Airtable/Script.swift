// A wire that answers from a script and keeps what was asked.
import Background
import Domain
import HTTP
import Sync

@testable import Providers

/// Answers every request by a closure; the journal holds them in order.
final class ScriptedHTTP: HTTPSending {
  typealias Answer = @Sendable (HTTPRequest) throws(TransferError) -> HTTPResponse

  private let answer: Answer
  private let journal = Lock<[HTTPRequest]>([])

  init(_ answer: @escaping Answer) { self.answer = answer }

  /// Answers in turn; the last one again and again.
  convenience init(_ answers: [Result<HTTPResponse, TransferError>]) {
    let next = Lock(0)
    self.init { (_) throws(TransferError) in
      let index = next.withLock { value in
        defer { value += 1 }
        return min(value, answers.count - 1)
      }
      return try answers[index].get()
    }
  }

  func send(
    _ request: HTTPRequest, cancellation: Cancellation
  ) throws(TransferError) -> HTTPResponse {
    journal.withLock { $0.append(request) }
    return try answer(request)
  }

  var requests: [HTTPRequest] { journal.withLock { $0 } }

  /// The requests as `METHOD path body`, without the address of the server.
  var lines: [String] { requests.map(\.line) }
}

extension HTTPRequest {
  var line: String {
    let path = url.replacing("https://api.airtable.com", with: "")
    return "\(method) \(path)" + (body.map { " " + String(decoding: $0, as: UTF8.self) } ?? "")
  }

  var json: JSONValue { (try? JSONValue(parsing: body ?? [])) ?? .null }
}

extension HTTPResponse {
  static func json(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, body: Array(text.utf8))
  }

  static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, body: value.bytes)
  }

  static func error(_ type: String, _ message: String = "", status: Int = 422) -> HTTPResponse {
    .json(["error": ["type": .string(type), "message": .string(message)]], status: status)
  }
}

extension Result where Success == HTTPResponse, Failure == TransferError {
  static func json(_ text: String, status: Int = 200) -> Self {
    .success(.json(text, status: status))
  }
}

/// A memory that lasts as long as the test.
final class TestMemory: Sendable {
  private let value: Lock<String?>

  init(_ text: String? = nil) { value = Lock(text) }

  var text: String? { value.withLock { $0 } }

  var memory: AirtableMemory {
    AirtableMemory(
      load: { () throws(ProviderError) in self.text },
      save: { (text) throws(ProviderError) in self.value.withLock { $0 = text } })
  }
}

/// A generator whose seed is printed with a failure.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

func api(_ http: any HTTPSending, base: String = "appBase", token: String = "pat.secret")
  -> AirtableAPI
{
  AirtableAPI(base: base, token: token, http: http)
}

/// The error a call throws; nil when it throws none.
func failure<Result>(_ body: () throws(AirtableFailure) -> Result) -> ProviderError? {
  do throws(AirtableFailure) {
    _ = try body()
    return nil
  } catch {
    return error.error
  }
}
