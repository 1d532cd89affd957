import Background
import Domain
import FoundationEssentials
import Glibc
import Sandbox
import Testing

@testable import rentbook

/// Everything a service can answer with, met by the real client, engine and store over real HTTP.
///
/// Each fault ends the run with the right exit code and a sentence that says what happened; once it
/// is over, the next run brings all in step, and the one after it writes nothing.
@Suite("What services do wrong") struct FaultMatrixTests {
  /// One kind of fault, and how the run ends that meets it at every call.
  struct Row: Sendable {
    let kind: FaultKind
    let exit: ExitCode
    let says: String
    /// How often it happens.
    var frequency = FaultPlan.Frequency.every(1)
  }

  static let reading: [Row] = [
    Row(kind: .unauthorised, exit: .credentials, says: "(401)"),
    Row(kind: .forbidden, exit: .credentials, says: "(403)"),
    Row(kind: .notFound, exit: .failed, says: "(404)"),
    Row(kind: .conflict, exit: .failed, says: "(409)"),
    Row(kind: .unsupportedType, exit: .failed, says: "(415)"),
    Row(kind: .unprocessable, exit: .failed, says: "(422"),
    Row(kind: .tooManyRequests, exit: .unreachable, says: "(429)"),
    Row(kind: .serverError, exit: .unreachable, says: "(500)"),
    Row(kind: .unavailable, exit: .unreachable, says: "(503)"),
    Row(kind: .garbage, exit: .unreachable, says: ""),
    Row(kind: .truncated, exit: .unreachable, says: "cannot be read"),
    Row(kind: .page, exit: .unreachable, says: "web page"),
    Row(kind: .cut, exit: .unreachable, says: "broke off"),
    // What passes by itself is not seen at all.
    Row(kind: .serverError, exit: .done, says: "", frequency: .every(4)),
    Row(kind: .tooManyRequests, exit: .done, says: "", frequency: .every(5)),
  ]

  /// A first sync meets those that end in different ways.
  static let firstKinds: Set<FaultKind> = [.forbidden, .page]

  static let writing: [Row] = [
    Row(kind: .unauthorised, exit: .credentials, says: "(401)"),
    Row(kind: .forbidden, exit: .needsPerson, says: "(403)"),
    Row(kind: .notFound, exit: .needsPerson, says: "(404)"),
    Row(kind: .conflict, exit: .needsPerson, says: "(409)"),
    Row(kind: .unsupportedType, exit: .needsPerson, says: "(415)"),
    Row(kind: .unprocessable, exit: .needsPerson, says: "(422"),
    Row(kind: .tooManyRequests, exit: .unreachable, says: "(429)"),
    Row(kind: .serverError, exit: .needsPerson, says: "(500)"),
    Row(kind: .page, exit: .needsPerson, says: "web page"),
    Row(kind: .dropBefore, exit: .needsPerson, says: "without an answer"),
    // What was carried out is found by looking, and not sent again.
    Row(kind: .serverErrorAfter, exit: .done, says: ""),
    Row(kind: .garbage, exit: .done, says: ""),
    Row(kind: .cut, exit: .done, says: ""),
    Row(kind: .dropAfter, exit: .done, says: ""),
  ]

  @Test(
    "a later sync that cannot read says so and does no damage, and the next one is in step",
    arguments: SandboxService.allCases)
  func unread(_ service: SandboxService) throws {
    let rig = try FaultRig()
    defer { rig.stop() }
    try rig.setUp()
    #expect(try rig.sync().exit == .done)
    for (number, row) in Self.reading.enumerated() {
      try rig.change(number)
      try meet(row, .read, service, rig)
    }
    try recover(rig, "faults while reading at \(service)")
  }

  @Test(
    "a later sync that cannot write says so and does no damage, and the next one is in step",
    arguments: SandboxService.allCases)
  func unwritten(_ service: SandboxService) throws {
    let rig = try FaultRig()
    defer { rig.stop() }
    try rig.setUp()
    #expect(try rig.sync().exit == .done)
    for (number, row) in Self.writing.enumerated() {
      try rig.change(number)
      try meet(row, .write, service, rig)
      _ = try rig.workspace.retryAll()
      let after = try rig.sync()
      #expect(after.exit == .done, "after \(row.kind): \(after)")
    }
    try recover(rig, "faults while writing at \(service)")
  }

  @Test(
    "a first sync that meets a fault says so and does no damage, and the next one is in step",
    arguments: SandboxService.allCases)
  func firstSync(_ service: SandboxService) throws {
    for row in Self.reading where Self.firstKinds.contains(row.kind) {
      let rig = try FaultRig()
      defer { rig.stop() }
      try rig.setUp()
      try meet(row, nil, service, rig)
      try recover(rig, "a first sync with \(row.kind) at \(service)")
    }
  }

  /// Lets a sync meet a fault.
  private func meet(
    _ row: Row, _ calls: FaultPlan.Calls?, _ service: SandboxService, _ rig: FaultRig
  ) throws {
    rig.fail(FaultPlan([.init(row.kind, row.frequency, service: service.rawValue, calls: calls)]))
    let met = try rig.sync()
    rig.fail(FaultPlan())
    let title = "\(row.kind) at \(row.frequency): \(met)"
    #expect(met.exit == row.exit, "\(title)")
    #expect(met.text.contains(row.says), "\(title)")
    if row.exit != .done {
      #expect(met.text.contains(". ") && met.text.hasSuffix("."), "what to do next: \(title)")
    }
  }

  /// With the faults gone the next sync brings all in step, and the one after it writes nothing.
  private func recover(_ rig: FaultRig, _ title: String) throws {
    #expect(try rig.workspace.store.check() == [], "after \(title)")
    _ = try rig.workspace.retryAll()
    let after = try rig.sync()
    #expect(after.exit == .done, "after \(title): \(after)")
    let again = try rig.sync()
    #expect(again.exit == .done && again.writes == 0, "after \(title): \(again)")
    #expect(try rig.workspace.status().deadLetters.isEmpty, "after \(title)")
    #expect(try rig.doubled() == [], "after \(title)")
  }
}

/// Both services, simulated, and a workspace on them whose clock stands still.
private final class FaultRig {
  let buildium: SandboxBuildium
  let airtable = SandboxAirtable(FaultRig.airtableOptions)
  let workspace: Workspace
  private let servers: (buildium: SandboxServer, airtable: SandboxServer)
  private let home = "/tmp/rentbook-faults-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  private static var airtableOptions: SandboxAirtable.Options {
    var options = SandboxAirtable.Options()
    options.liftLimits()
    return options
  }

  init() throws {
    var options = BuildiumOptions()
    options.limit.isEnabled = false
    buildium = SandboxBuildium(
      Portfolio(
        PortfolioOptions(
          properties: 1, units: 2, months: 1, seed: 1,
          today: Instant(milliseconds: SystemClock().wallMilliseconds).date)),
      options: options)
    servers = (try buildium.start(), try airtable.start())
    let environment = [
      "RENTBOOK_HOME": home, "RENTBOOK_BUILDIUM_URL": servers.buildium.url,
      "RENTBOOK_BUILDIUM_CLIENT_ID": options.clientId,
      "RENTBOOK_BUILDIUM_CLIENT_SECRET": options.clientSecret,
      "RENTBOOK_AIRTABLE_URL": servers.airtable.url,
      "RENTBOOK_AIRTABLE_TOKEN": airtable.options.token,
      "RENTBOOK_AIRTABLE_BASE": airtable.options.baseID,
    ]
    let configuration = try Configuration(Invocation(command: "sync", environment: environment))
    workspace = try Workspace(
      configuration: configuration,
      clock: ManualClock(wallMilliseconds: SystemClock().wallMilliseconds))
  }

  func stop() {
    workspace.close()
    servers.buildium.stop()
    servers.airtable.stop()
    try? FileManager.default.removeItem(atPath: home)
  }

  func setUp() throws {
    _ = try workspace.airtable().setUp(isDryRun: false, Cancellation())
  }

  func fail(_ plan: FaultPlan) {
    buildium.gate.faults.change(to: plan)
    airtable.gate.faults.change(to: plan)
  }

  /// Something happens in Buildium, and somebody edits a row in Airtable.
  func change(_ number: Int) throws {
    buildium.advance(seconds: 3 * buildium.options.secondsPerHappening)
    let row = try #require(try airtable.records(table: "Properties").first?["id"]?.string)
    try airtable.edit(
      table: "Properties", recordKey: row, field: "Name", value: .string("House \(number)"))
  }

  /// How a sync ended, what it said and how many records it wrote.
  struct Outcome: CustomStringConvertible {
    var exit: ExitCode
    var text: String
    var writes = 0
    var description: String { "exit \(exit.rawValue), \(writes) writes, “\(text)”" }
  }

  /// Syncs as a command does, each with connections and a pace of its own.
  func sync() throws -> Outcome {
    let workspace = try Workspace(configuration: workspace.configuration, clock: workspace.clock)
    let engine = try workspace.engine { _ in }
    do {
      let report = try engine.run()
      return Outcome(
        exit: report.needsPerson ? .needsPerson : .done,
        text: report.messages.joined(separator: "\n"),
        writes: report.rows.reduce(0) {
          $0 + $1.pushedCreated + $1.pushedUpdated + $1.pushedDeleted + $1.sourceCreated
            + $1.sourceUpdated
        })
    } catch {
      let failure = Failure(error)
      return Outcome(
        exit: failure.exit,
        text: failure.hint.isEmpty ? failure.message : "\(failure.message) \(failure.hint)")
    }
  }

  /// Tables of the base in which a key stands twice, or a row has none.
  func doubled() throws -> [String] {
    let tables = [
      "Properties", "Units", "Owners", "Tenants", "Leases", "Transactions", "Bills", "GL Accounts",
      "Rent Payments",
    ]
    return try tables.filter { table in
      let keys = try airtable.records(table: table).map { $0["fields"]?["Rentbook Key"]?.string }
      return keys.contains(nil) || Set(keys).count != keys.count
    }
  }
}
