import Domain
import Terminal
import Testing

@testable import Interface

/// A screen without a terminal: keys and messages go in, the picture and the effects come out. Nothing
/// runs beside it, so it is idle whenever a call returns.
struct Session {
  var model: Model
  /// What was asked for since it was last taken.
  private(set) var effects: [Effect] = []
  /// Answers what is asked about lists and records; such effects are not among those above.
  var lists: FakeLists
  /// Answers what is asked about months.
  var months = FakeMonths()
  /// Answers what is asked about conflicts; such effects are not among those above either.
  var conflicts = FakeConflicts(0)
  /// Answers what is asked about comparisons, but for those that are to be run or stopped.
  var reconciliations = FakeReconciliations()
  /// Whether questions for what waits for approval are among the effects: every session begins so.
  var tellsCounts = false
  /// Answers that are kept back.
  private(set) var late: [Message] = []

  static let now = Instant("2026-10-31T14:02:10Z") ?? Instant(milliseconds: 0)

  init(
    columns: Int = 100, rows: Int = 28, status: SyncStatus? = nil, keyMap: [String: [Key]] = [:],
    isReadOnly: Bool = false, isPlain: Bool = false, memory: ScreenMemory = ScreenMemory(),
    lists: FakeLists = FakeLists()
  ) {
    self.lists = lists
    model = Model(
      portfolio: "Harbor & Main Management", now: Self.now,
      size: Size(rows: rows, columns: columns), keyMap: keyMap, isReadOnly: isReadOnly,
      isPlain: isPlain, memory: memory)
    take(model.start())
    if let status { send(.status(status, generation: 1)) }
    effects = []
  }

  /// Presses keys by their names, separated by spaces.
  mutating func press(_ names: String) {
    for name in names.split(separator: " ") {
      guard let key = Key(String(name)) else {
        Issue.record("no key is called \(name)")
        return
      }
      send(.key(key))
    }
  }

  /// Types characters.
  mutating func type(_ text: String) {
    for character in text { send(.key(.character(character))) }
  }

  mutating func send(_ message: Message) {
    take(update(&model, message))
    model.willShow()
  }

  private mutating func take(_ new: [Effect]) {
    for effect in new {
      if case .conflicts(let errand, let ticket) = effect {
        send(.conflicts(conflicts.answer(errand), ticket))
        continue
      }
      if case .reconcile(let errand, let ticket) = effect,
        let news = reconciliations.answer(errand)
      {
        send(.reconciliation(news, ticket))
        continue
      }
      if case .loadBills(let query, _) = effect, query.limit == 0, !tellsCounts { continue }
      guard let answer = lists.answer(effect) ?? months.answer(effect) else {
        effects.append(effect)
        continue
      }
      if lists.isSlow { late.append(answer) } else { send(answer) }
    }
  }

  /// Lets what was kept back arrive.
  mutating func answer() {
    let messages = late
    late = []
    for message in messages { send(message) }
  }

  /// Lets time pass.
  mutating func pass(seconds: Int64) {
    send(.clock(model.world.now.adding(milliseconds: seconds * 1000)))
  }

  /// What was asked for since the last call.
  mutating func takeEffects() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  var frame: Frame { render(model) }
  var screen: String { frame.text }
  /// The line of the picture that holds the text; empty when none does.
  func line(_ text: String) -> String {
    screen.split(separator: "\n").first { $0.contains(text) }.map(String.init) ?? ""
  }
  /// The status line.
  var notice: String {
    let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
    return String(lines[lines.count - 2])
  }
}

/// Statuses that tests begin with.
enum Sample {
  static let now = Session.now

  static func ago(_ seconds: Int64) -> Instant { now.adding(milliseconds: -seconds * 1000) }

  static func services(
    airtable: ServiceStatus.State = .ok, buildium: ServiceStatus.State = .ok, message: String = ""
  ) -> [ServiceStatus] {
    [
      ServiceStatus(
        .buildium, state: buildium, lastSuccessAt: ago(14), requestsLastMinute: 48,
        limitPerSecond: 10, callsThisMonth: 12_345,
        recentCalls: Array(repeating: 4, count: 60)),
      ServiceStatus(
        .airtable, state: airtable, lastSuccessAt: ago(2), requestsLastMinute: 295,
        limitPerSecond: 5, callsThisMonth: 41_880, monthlyQuota: 100_000,
        recentCalls: (0..<60).map { min(25, $0) }, message: message),
    ]
  }

  /// All in step.
  static var quiet: SyncStatus {
    SyncStatus(
      resources: [
        resource(.glAccounts, 160), resource(.owners, 38), resource(.properties, 412),
        resource(.units, 6204), resource(.tenants, 7012), resource(.leases, 5871),
        resource(.bills, 3118), resource(.transactions, 48_210), resource(.rentPayments, 20_411),
      ], services: services(),
      latency: LatencySummary(p50: 612, p95: 1_940, p99: 2_800, count: 318), at: now)
  }

  static func resource(_ resource: Resource, _ count: Int) -> ResourceStatus {
    ResourceStatus(
      resource, buildium: count, local: count, airtable: count, lastSyncedAt: ago(14),
      state: .inStep)
  }

  static let letter = DeadLetter(
    id: "d1", service: .airtable, resource: .bills, key: RemoteKey(.buildium, .bills, "88213"),
    title: "Bill 88213",
    message: "Field “Due Date” was deleted in the base. Put it back or map another field.",
    attempts: 5, at: ago(3600))

  static let secondLetter = DeadLetter(
    id: "d2", service: .airtable, resource: .leases, key: nil, title: "Lease 1042-3",
    message: "The table “Leases” refuses the value of “Status”.", attempts: 2, at: ago(60))

  /// A first sync of the transactions under way, and one refused bill.
  static var busy: SyncStatus {
    var status = quiet
    let progress = Progress(done: 39_964, total: 48_210, ratePerSecond: 49.2, secondsLeft: 168)
    status.resources[7] = ResourceStatus(
      .transactions, buildium: 48_210, local: 48_210, airtable: 39_964, pendingOut: 8246,
      state: .firstSync, progress: progress)
    status.resources[6].state = .refused
    status.resources[6].deadLetters = 1
    status.jobs = [
      JobStatus(
        id: "j1", kind: "push", resource: .transactions, service: .airtable, state: .running,
        progress: progress, createdAt: ago(900)),
      JobStatus(
        id: "j2", kind: "pull", resource: .bills, service: .buildium, state: .failed,
        progress: Progress(done: 0), attempts: 2, error: "Buildium answered 503.",
        runAfter: now.adding(milliseconds: 46_000), createdAt: ago(100)),
      JobStatus(
        id: "j3", kind: "push", resource: .rentPayments, service: .airtable, state: .queued,
        createdAt: ago(50)),
    ]
    status.deadLetters = [letter]
    return status
  }

  static var unconnected: SyncStatus {
    SyncStatus(
      resources: Resource.mirrored.map { ResourceStatus($0) },
      services: [ServiceStatus(.buildium), ServiceStatus(.airtable)], at: now)
  }

  static var neverSynced: SyncStatus {
    SyncStatus(
      resources: Resource.mirrored.map { ResourceStatus($0) },
      services: [ServiceStatus(.buildium, state: .ok), ServiceStatus(.airtable, state: .ok)],
      at: now)
  }
}
