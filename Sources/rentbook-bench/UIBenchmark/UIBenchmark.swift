// The screen on a store of a million transactions while something writes to it: from a key to its
// frame, the first frame, many keys at once, memory, and how long lists take by order and by filter.
import Background
import Domain
import FoundationEssentials
import Glibc
import Interface
import Storage
import Terminal

/// Keys pressed on the list of transactions while another thread writes.
enum UIBenchmark {
  private static let size = Size(rows: 40, columns: 120)
  private static let moment = Instant(milliseconds: 1_790_000_000_000)
  private static let keys: [Key] =
    Array(repeating: .down, count: 30) + [.pageDown, .pageDown, .pageUp, .end, .home, .up]
  private static let rounds = 30
  private static let queued = 200
  private static let timesEach = 5
  private static let answerSeconds = 60

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    try TemporaryFolder.with { folder throws(BenchmarkError) in
      let sealing = try BenchSealing()
      do throws(StorageError) {
        let path = folder + "/ui.sqlite"
        let began = Now.monotonic
        do {
          let store = try Store(path: path, sealing: sealing) { moment }
          try store.fillWithSamples(transactions: options.rows)
          store.close()
        }
        let filling = Double(Now.monotonic - began) / 1e9
        let store = try Store(path: path, sealing: sealing) { moment }
        defer { store.close() }
        let figures = [
          Figure("transactions", options.rows),
          Figure("to fill", filling * 1e6 / Double(options.rows), "µs/record", digits: 1),
          Figure("size of the store", Double(TemporaryFolder.size(path)) / 1e6, "MB", digits: 0),
        ]
        let screen = try screen(store)
        let resident = Figure("resident memory", residentMegabytes(), "MB", digits: 1)
        return try figures + screen + [resident] + lists(store)
      } catch { throw BenchmarkError("The store failed: \(error.message)") }
    }
  }

  // MARK: The screen

  private static func screen(_ store: Store) throws(StorageError) -> [Figure] {
    let end = Cancellation()
    let written = Lock(0)
    let writer = Worker(name: "writer") {
      // About as many commits as a sync makes when the services do not wait.
      while !end.isCancelled {
        try? store.append(.info, "Page \(written.withLock(\.self)) stored.")
        written.withLock { $0 += 1 }
        end.wait(nanoseconds: 5_000_000)
      }
    }
    let desk = try BenchDesk(store)
    let device = MemoryDevice(size: size)
    let began = Now.monotonic
    var model = Model(portfolio: "Harbor & Pine", now: moment, size: size)
    var pending = model.start()
    device.present(render(model))
    let first = Double(Now.monotonic - began) / 1e6
    pending += update(&model, .key(.character("5")))
    desk.carryOut(pending)
    let opened = Now.monotonic
    // To the transactions: the list is chosen as a person does.
    for _ in 0..<9 { desk.carryOut(update(&model, .key(.character(")")))) }
    settle(&model, desk)
    device.present(render(model))
    let list = Double(Now.monotonic - opened) / 1e6

    var samples = Samples()
    for round in 0..<rounds {
      for key in keys {
        samples.measure {
          press(key, &model, desk)
          device.present(render(model))
        }
      }
      for message in desk.messages() { desk.carryOut(update(&model, message)) }
      if round % 5 == 0 { desk.carryOut(update(&model, .storeChanged)) }
    }
    settle(&model, desk)
    let start = Now.monotonic
    for _ in 0..<queued { press(.down, &model, desk) }
    settle(&model, desk)
    device.present(render(model))
    let settled = Double(Now.monotonic - start) / 1e6
    end.cancel()
    _ = writer.join(nanoseconds: 5_000_000_000)
    desk.stop()
    return [
      Figure("first frame", first, "ms"),
      Figure("first list of transactions", list, "ms", digits: 1),
    ] + samples.figures("key to frame") + [
      Figure("\(queued) queued keys settled", settled, "ms", digits: 1),
      Figure("commits meanwhile", written.withLock(\.self)),
    ]
  }

  private static func press(_ key: Key, _ model: inout Model, _ desk: BenchDesk) {
    desk.carryOut(update(&model, .key(key)))
    for message in desk.messages() { desk.carryOut(update(&model, message)) }
  }

  /// Takes answers until none is awaited.
  private static func settle(_ model: inout Model, _ desk: BenchDesk) {
    let deadline = Now.monotonic + UInt64(answerSeconds) * 1_000_000_000
    while desk.isBusy, Now.monotonic < deadline {
      for message in desk.waitForMessages() { desk.carryOut(update(&model, message)) }
    }
  }

  // MARK: Lists

  private static let filters = [
    "job 98765", "oak", "rent", "zzz", "amount>4999", "amount>2500", "type:pay",
    "prop:\"oak court 10\"",
    "date:2020-03", "-rent type:check", "reference:R12345 -oak",
  ]

  private static func lists(_ store: Store) throws(StorageError) -> [Figure] {
    let reader = try ListReader(store)
    var figures: [Figure] = []
    func time(_ name: String, _ request: ListRequest) throws(StorageError) {
      var samples = Samples()
      for number in 0..<timesEach {
        // Another offset each time, so that each window is read anew.
        var request = request
        request.offset += number
        try samples.measure { () throws(StorageError) in _ = try reader.page(request) }
      }
      figures.append(Figure(name, samples.medianAndLeast.median, "ms", digits: 2))
    }
    for column in ListName.transactions.columns where column.isSortable {
      let query = ListQuery(.transactions, sortColumn: column.name)
      try time(
        "by \(column.name), first", ListRequest(query, offset: 0, count: 120, wantsTotals: false))
      try time(
        "by \(column.name), row 700,000",
        ListRequest(query, offset: 700_000, count: 120, wantsTotals: false))
    }
    for text in filters {
      let terms: [ListTerm]
      do throws(ListFilterProblem) {
        terms = try ListFilter.terms(text, of: .transactions)
      } catch { continue }
      let query = ListQuery(.transactions, terms: terms)
      try time("“\(text)”, rows", ListRequest(query, offset: 0, count: 120, wantsTotals: false))
      let fresh = try ListReader(store)
      let start = Now.monotonic
      _ = try fresh.page(ListRequest(query, offset: 0, count: 0))
      figures.append(
        Figure("“\(text)”, count and sum", Double(Now.monotonic - start) / 1e6, "ms", digits: 1))
    }
    let start = Now.monotonic
    _ = try ListReader(store).page(ListRequest(ListQuery(.transactions), offset: 0, count: 0))
    figures.append(Figure("count and sum of all", Double(Now.monotonic - start) / 1e6, "ms"))
    return figures
  }

  /// The memory the process holds now.
  private static func residentMegabytes() -> Double {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let text = String(
      decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Double(pages * sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  }
}

/// Answers what the screen asks about lists, on a thread of its own, the newest question of each layer
/// alone.
final class BenchDesk: Sendable {
  private let reader: ListReader
  private let questions = Mailbox<Effect?>()
  private let answers = Mailbox<Message>()
  private let open = Lock(0)
  private let worker = Lock<Worker?>(nil)

  init(_ store: Store) throws(StorageError) {
    reader = try ListReader(store)
    worker.withLock { $0 = Worker(name: "desk") { [self] in run() } }
  }

  var isBusy: Bool { open.withLock { $0 > 0 } }

  func carryOut(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .loadList, .loadRecord:
        open.withLock { $0 += 1 }
        questions.post(effect)
      default: break
      }
    }
  }

  func messages() -> [Message] { answers.takeAll() }
  func waitForMessages() -> [Message] { answers.waitAndTakeAll(nanoseconds: 20_000_000) }

  func stop() {
    questions.post(nil)
    _ = worker.withLock(\.self)?.join(nanoseconds: 5_000_000_000)
  }

  private func run() {
    while true {
      let taken = questions.waitAndTakeAll()
      if taken.contains(where: { $0 == nil }) { return }
      var newest: [String: Effect] = [:]
      for case let effect? in taken {
        if case .loadList(_, let ticket) = effect { newest["list " + ticket.owner] = effect }
        if case .loadRecord(_, let ticket) = effect { newest["record " + ticket.owner] = effect }
      }
      for effect in newest.values { answer(effect) }
      open.withLock { $0 -= taken.count }
    }
  }

  private func answer(_ effect: Effect) {
    do throws(StorageError) {
      switch effect {
      case .loadList(let request, let ticket):
        answers.post(.list(try reader.page(request), ticket))
      case .loadRecord(let record, let ticket):
        answers.post(.record(try reader.detail(record), ticket))
      default: break
      }
    } catch {
      if case .loadList(_, let ticket) = effect {
        answers.post(.unanswered(ticket, error.message, hint: ""))
      }
    }
  }
}
