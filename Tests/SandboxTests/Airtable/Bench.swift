import Background
import Domain
import Sandbox
import WebServer

/// A simulated Airtable on a clock that stands still, with the tables the tests write into.
struct Bench {
  struct Answer {
    let status: Int
    let json: JSONValue
    let raw: WebResponse

    /// The type of a refusal, in whichever shape it came.
    var type: String? {
      json["error"]?["type"]?.string ?? json["error"]?.string
        ?? json["errors"]?.array?.first?["error"]?.string
    }
    var message: String? {
      json["error"]?["message"]?.string ?? json["errors"]?.array?.first?["message"]?.string
    }
    var ids: [String] { json["records"]?.array?.compactMap { $0["id"]?.string } ?? [] }
    /// One field of the records, in order; nil where the cell is empty.
    func cells(_ field: String) -> [String?] {
      (json["records"]?.array ?? []).map { $0["fields"]?[field].map { $0.string ?? $0.text } }
    }
  }

  let clock = ManualClock()
  let time: SandboxClock
  let sandbox: SandboxAirtable
  var base: String { sandbox.options.baseID }

  static let homes = """
    {"name": "Homes", "fields": [
      {"name": "Name", "type": "singleLineText"}, {"name": "Rentbook Key", "type": "singleLineText"},
      {"name": "Notes", "type": "multilineText"}, {"name": "Email", "type": "email"},
      {"name": "Rent", "type": "currency", "options": {"precision": 2, "symbol": "$"}},
      {"name": "Units", "type": "number", "options": {"precision": 0}},
      {"name": "Stars", "type": "rating", "options": {"icon": "star", "color": "yellowBright", "max": 5}},
      {"name": "Active", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}},
      {"name": "Due", "type": "date", "options": {"dateFormat": {"name": "iso"}}},
      {"name": "Seen", "type": "dateTime", "options": {"timeZone": "utc",
        "dateFormat": {"name": "iso"}, "timeFormat": {"name": "24hour"}}},
      {"name": "Status", "type": "singleSelect", "options": {"choices": [{"name": "Open"}, {"name": "Closed"}]}},
      {"name": "Tags", "type": "multipleSelects", "options": {"choices": [{"name": "A"}, {"name": "B"}]}},
      {"name": "Code", "type": "barcode"}, {"name": "Length", "type": "duration",
        "options": {"durationFormat": "h:mm"}}]}
    """

  /// - Parameter limits: whether calls are counted against the limits.
  init(
    limits: Bool = false, speed: Double = 1,
    _ change: (inout SandboxAirtable.Options) -> Void = { _ in }
  )
    throws
  {
    var options = SandboxAirtable.Options()
    change(&options)
    if !limits { options.liftLimits() }
    time = SandboxClock(clock, speed: speed)
    sandbox = SandboxAirtable(options, clock: time)
  }

  /// With the tables Homes and Flats, a flat linked to its home.
  static func furnished(_ change: (inout SandboxAirtable.Options) -> Void = { _ in }) throws
    -> Bench
  {
    let bench = try Bench(change)
    let homes = try bench.call("POST", "meta/bases/\(bench.base)/tables", Bench.homes)
    let id = homes.json["id"]?.string ?? ""
    _ = try bench.call(
      "POST", "meta/bases/\(bench.base)/tables",
      """
      {"name": "Flats", "fields": [{"name": "Number", "type": "singleLineText"},
        {"name": "Home", "type": "multipleRecordLinks", "options": {"linkedTableId": "\(id)"}}]}
      """)
    return bench
  }

  /// Makes one call. A path without a slash at its front stands under `/v0/`; `HOMES` and `FLATS`
  /// stand for the tables' paths.
  @discardableResult
  func call(
    _ method: String, _ path: String, _ body: String? = nil, token: String? = nil,
    headers: [String: String] = [:]
  ) throws -> Answer {
    let target = (path.hasPrefix("/") ? path : "/v0/" + path)
      .replacing("HOMES", "\(base)/Homes").replacing("FLATS", "\(base)/Flats")
    var all = headers
    all["authorization"] = "Bearer \(token ?? sandbox.options.token)"
    let raw = sandbox.handle(
      WebRequest(method: method, target: target, headers: all, body: Array((body ?? "").utf8)))
    let json = (try? JSONValue(parsing: raw.body)) ?? .null
    return Answer(status: raw.status, json: json, raw: raw)
  }

  /// Creates homes from the members of their fields; their ids.
  func homes(_ fields: String...) throws -> [String] {
    try fields.map { try call("POST", "HOMES", "{\"fields\": {\($0)}}").json["id"]?.string ?? "" }
  }

  /// The fields of a home as they are shown.
  func home(_ id: String) throws -> JSONValue {
    try call("GET", "HOMES/\(id)").json["fields"] ?? .null
  }

  func advance(seconds: UInt64) { clock.advance(nanoseconds: seconds * 1_000_000_000) }
}

extension String {
  func replacing(_ part: String, _ other: String) -> String {
    var result = ""
    var rest = self[...]
    while let first = part.first, let index = rest.firstIndex(of: first) {
      result += rest[..<index]
      rest = rest[index...]
      if rest.hasPrefix(part) {
        result += other
        rest = rest.dropFirst(part.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result + rest
  }

  /// As it stands in a query.
  var encoded: String {
    utf8.map { byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
      let hex = String(byte, radix: 16, uppercase: true)
      return isPlain ? String(Unicode.Scalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
    }.joined()
  }
}

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
