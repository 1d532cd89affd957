import Domain
import Sync

/// Where Rentbook keeps its files, by the XDG convention or all under `RENTBOOK_HOME`.
struct Folders: Sendable, Equatable {
  /// The configuration file and the key.
  let config: String
  /// The store.
  let data: String
  /// Logs and marks that may be lost.
  let state: String

  init(environment: [String: String]) {
    if let home = environment["RENTBOOK_HOME"], !home.isEmpty {
      (config, data, state) = (home + "/config", home + "/data", home + "/state")
      return
    }
    let home = environment["HOME"] ?? "."
    func folder(_ variable: String, _ fallback: String) -> String {
      // The convention says to ignore a path that is not absolute.
      let base = environment[variable].flatMap { $0.hasPrefix("/") ? $0 : nil }
      return (base ?? home + fallback) + "/rentbook"
    }
    config = folder("XDG_CONFIG_HOME", "/.config")
    data = folder("XDG_DATA_HOME", "/.local/share")
    state = folder("XDG_STATE_HOME", "/.local/state")
  }
}

/// How a service is reached.
struct ServiceSettings: Sendable, Equatable {
  var url: String
  /// Requests in one second; the service's own limit unless set.
  var requestsPerSecond: Int
}

/// Everything a run can be told: flags over environment over `config.json`.
struct Configuration: Sendable {
  let folders: Folders
  /// The configuration file, which need not exist.
  let path: String
  let storePath: String
  let keyPath: String
  /// The name shown at the top of the screen.
  let portfolio: String
  let user: String

  let buildium: ServiceSettings
  let buildiumClientID: String?
  let buildiumClientSecret: String?

  let airtable: ServiceSettings
  let airtableToken: String?
  let airtableBase: String?
  /// Calls a month the Airtable plan allows.
  let airtableMonthlyCalls: Int
  /// What runs by itself and when.
  var schedule: Schedule.Settings
  /// Names of an existing base, in the form `AirtableNames` reads.
  let airtableNames: JSONValue

  static let buildiumURL = "https://api.buildium.com"
  static let airtableURL = "https://api.airtable.com"
  /// Requests in one second that the services allow.
  static let buildiumRate = 10
  static let airtableRate = 5
  /// Airtable's Team plan; the Free plan has 1,000 and Business no limit.
  static let monthlyCallsDefault = 100_000

  /// - Throws: a usage failure naming the file, the line or the member that is wrong.
  init(_ invocation: Invocation) throws(Failure) {
    let environment = invocation.environment
    folders = Folders(environment: environment)
    let configPath = invocation.text("--config") ?? folders.config + "/config.json"
    path = configPath
    let file = try Self.file(configPath, isAsked: invocation.text("--config") != nil)

    func member(_ path: String) throws(Failure) -> String? {
      var value = file
      for name in path.split(separator: ".") { value = value[String(name)] ?? .null }
      switch value {
      case .null: return nil
      case .string(let text): return text
      case .number(let text): return text
      default: throw .usage("\(configPath): “\(path)” must be a text or a number.")
      }
    }
    func setting(_ variable: String, _ path: String) throws(Failure) -> String? {
      if let text = environment[variable], !text.isEmpty { return text }
      return try member(path)
    }
    func setting(_ variable: String, _ path: String, else fallback: String) throws(Failure)
      -> String
    {
      let text = try setting(variable, path)
      return text ?? fallback
    }
    func count(_ variable: String, _ path: String, _ fallback: Int) throws(Failure) -> Int {
      guard let text = try setting(variable, path) else { return fallback }
      guard let value = Int(text), value > 0 else {
        throw .usage("\(variable) (or “\(path)”) must be a whole number above 0, not “\(text)”.")
      }
      return value
    }

    let storeSetting = try setting(
      "RENTBOOK_STORE", "store", else: folders.data + "/rentbook.sqlite")
    storePath = invocation.text("--store") ?? storeSetting
    if storePath.hasPrefix("postgres://") || storePath.hasPrefix("postgresql://") {
      throw .usage(
        "This Rentbook keeps its store in a file; \(storePath.prefix(11))… needs a team edition.",
        hint: "Name a file: --store PATH.")
    }
    keyPath = try setting("RENTBOOK_KEY_FILE", "keyFile", else: folders.config + "/key")
    portfolio = try setting("RENTBOOK_PORTFOLIO", "portfolio", else: "Rentbook")
    user = try setting("RENTBOOK_USER", "user", else: environment["USER"] ?? "local")
    buildium = ServiceSettings(
      url: try setting("RENTBOOK_BUILDIUM_URL", "buildium.url", else: Self.buildiumURL),
      requestsPerSecond: try count(
        "RENTBOOK_BUILDIUM_RATE", "buildium.requestsPerSecond", Self.buildiumRate))
    buildiumClientID = try setting("RENTBOOK_BUILDIUM_CLIENT_ID", "buildium.clientID")
    buildiumClientSecret = environment["RENTBOOK_BUILDIUM_CLIENT_SECRET"]
    airtable = ServiceSettings(
      url: try setting("RENTBOOK_AIRTABLE_URL", "airtable.url", else: Self.airtableURL),
      requestsPerSecond: try count(
        "RENTBOOK_AIRTABLE_RATE", "airtable.requestsPerSecond", Self.airtableRate))
    airtableToken = environment["RENTBOOK_AIRTABLE_TOKEN"]
    airtableBase = try setting("RENTBOOK_AIRTABLE_BASE", "airtable.base")
    airtableMonthlyCalls = try count(
      "RENTBOOK_AIRTABLE_MONTHLY_CALLS", "airtable.monthlyCalls", Self.monthlyCallsDefault)
    func minute(_ variable: String, _ path: String, _ fallback: Int?) throws(Failure) -> Int? {
      guard let text = try setting(variable, path) else { return fallback }
      return try Self.minute(text, of: "\(variable) (or “\(path)”)")
    }
    let defaults = Schedule.Settings()
    schedule = Schedule.Settings(
      pollSeconds: try count(
        "RENTBOOK_SCHEDULE_POLL", "schedule.pollSeconds", defaults.pollSeconds),
      sweep: try minute("RENTBOOK_SCHEDULE_SWEEP", "schedule.sweep", defaults.sweep),
      reconcile: try minute(
        "RENTBOOK_SCHEDULE_RECONCILE", "schedule.reconcile", defaults.reconcile),
      monthEnd: try minute("RENTBOOK_SCHEDULE_MONTH_END", "schedule.monthEnd", defaults.monthEnd))
    airtableNames = file["airtable"]?["names"] ?? .object(JSONObject())
    for (service, settings) in [("Buildium", buildium), ("Airtable", airtable)]
    where settings.requestsPerSecond
      > (service == "Buildium" ? Self.buildiumRate : Self.airtableRate)
      && !Self.isLoopback(settings.url)
    {
      throw .usage(
        "\(service) allows \(service == "Buildium" ? Self.buildiumRate : Self.airtableRate) "
          + "requests a second; "
          + "\(settings.requestsPerSecond) is accepted for a sandbox on this machine only.")
    }
  }

  /// Reads a time of the day, `02:10`, as its minute; `off` is never.
  static func minute(_ text: String, of name: String) throws(Failure) -> Int? {
    if text == "off" { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
    else { throw .usage("\(name) takes a time like 02:10, or off, not “\(text)”.") }
    return hour * 60 + minute
  }

  /// Whether an address is on this machine.
  static func isLoopback(_ url: String) -> Bool {
    let rest = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
    let host =
      rest.hasPrefix("[") ? rest.prefix { $0 != "]" }.dropFirst() : rest.prefix { $0 != ":" }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
    let isAddress = numbers.count == 4 && numbers.allSatisfy { UInt8($0) != nil }
    return host == "localhost" || host == "::1" || (isAddress && numbers[0] == "127")
  }

  /// The file as a tree; an empty object when there is none and none was asked for.
  private static func file(_ path: String, isAsked: Bool) throws(Failure) -> JSONValue {
    guard isAsked || Files.exists(path) else { return .object(JSONObject()) }
    let text = String(decoding: try Files.read(path), as: UTF8.self)
    do throws(JSONError) {
      return try JSONValue(parsing: JSONComments.removed(from: text))
    } catch {
      let before = text.utf8.prefix(error.offset)
      let line = before.count { $0 == 0x0A } + 1
      throw .usage("\(path), line \(line): \(error.problem).")
    }
  }
}

/// JSON with `//` and `/* */` comments and a comma after the last member, as people write configuration.
enum JSONComments {
  /// The text with every comment and every last comma blanked out, so that places in it stay the same.
  static func removed(from text: String) -> String {
    var bytes = Array(text.utf8)
    var index = 0
    var isInString = false
    // A comma after which nothing but space has come.
    var comma: Int?
    var before = UInt8(ascii: "{")
    func blank(_ index: Int) { if bytes[index] != 0x0A { bytes[index] = 0x20 } }
    while index < bytes.count {
      if isInString {
        if bytes[index] == 0x5C {
          index += 1
        } else if bytes[index] == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if bytes[index] == UInt8(ascii: "\"") {
        isInString = true
      } else if bytes[index...].starts(with: "//".utf8) {
        while index < bytes.count, bytes[index] != 0x0A {
          blank(index)
          index += 1
        }
        continue
      } else if bytes[index...].starts(with: "/*".utf8) {
        while index < bytes.count, !bytes[index...].starts(with: "*/".utf8) {
          blank(index)
          index += 1
        }
        for _ in 0..<2 where index < bytes.count {
          blank(index)
          index += 1
        }
        continue
      }
      // A text that breaks off after a stroke has nothing here.
      let byte = index < bytes.count ? bytes[index] : 0
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: break
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if let comma, !isInString { blank(comma) }
        comma = nil
      case UInt8(ascii: ","): comma = isInString || "[{,".utf8.contains(before) ? nil : index
      default: comma = nil
      }
      if byte > 0x20 { before = byte }
      index += 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
