// What the screen asks about lists and records, answered on threads of their own, so that neither a
// sync nor a slow sum holds up a window of rows.
import Background
import Domain
import Glibc
import Interface
import Storage

/// A thread with a reader of the store that answers the newest question of each layer: a person who
/// types a filter waits for its last form only.
final class ListLane: Sendable {
  private struct Job: Sendable {
    let ticket: Ticket
    let body: @Sendable (ListReader) throws(StorageError) -> Message
  }

  private let store: Store
  private let post: @Sendable (Message) -> Void
  private let jobs = Mailbox<Job?>()
  private let state = Lock(State())

  private struct State {
    var reader: ListReader?
    var running: Ticket?
    /// The newest question of each layer.
    var newest: [String: Ticket] = [:]
    var worker: Worker?
  }

  /// How often a question is asked again that was stopped by a blow meant for the one before it.
  private static let triesMax = 5

  init(_ store: Store, post: @escaping @Sendable (Message) -> Void) {
    (self.store, self.post) = (store, post)
  }

  /// Answers soon; an older question of the same layer is given up.
  func ask(
    _ ticket: Ticket, _ body: @escaping @Sendable (ListReader) throws(StorageError) -> Message
  ) {
    jobs.post(Job(ticket: ticket, body: body))
    let reader = state.withLock { state in
      state.newest[ticket.owner] = ticket
      // The thread starts with the first question, so that a screen that shows no list has none.
      if state.worker == nil { state.worker = Worker(name: "lists") { [self] in run() } }
      return state.running?.owner == ticket.owner ? state.reader : nil
    }
    reader?.interrupt()
  }

  func stop() {
    let (reader, worker) = state.withLock { ($0.reader, $0.worker) }
    jobs.post(nil)
    reader?.interrupt()
    _ = worker?.join(nanoseconds: 5_000_000_000)
  }

  private func run() {
    while true {
      let taken = jobs.waitAndTakeAll()
      if taken.contains(where: { $0 == nil }) { return }
      var newest: [Job] = []
      for case let job? in taken {
        newest.removeAll { $0.ticket.owner == job.ticket.owner }
        newest.append(job)
      }
      for job in newest { answer(job) }
    }
  }

  private func answer(_ job: Job) {
    for _ in 0..<Self.triesMax {
      do throws(StorageError) {
        let reader = try reader()
        state.withLock { $0.running = job.ticket }
        defer { state.withLock { $0.running = nil } }
        return post(try job.body(reader))
      } catch {
        guard error.kind == .interrupted else {
          let failure = Failure(error)
          return post(.unanswered(job.ticket, failure.message, hint: failure.hint))
        }
        // Given up for a newer question, which is answered instead.
        if state.withLock({ $0.newest[job.ticket.owner] }) != job.ticket { return }
      }
    }
    post(.unanswered(job.ticket, "The store was too busy to answer.", hint: "Try again."))
  }

  private func reader() throws(StorageError) -> ListReader {
    if let reader = state.withLock(\.reader) { return reader }
    let reader = try ListReader(store)
    state.withLock { $0.reader = reader }
    return reader
  }
}

extension ScreenRunner {
  /// Carries out an effect about lists and records.
  func carryOutList(_ effect: Effect) {
    switch effect {
    case .loadList(let request, let ticket):
      let lane = request.count == 0 ? sums : rows
      lane.ask(ticket) { reader throws(StorageError) in .list(try reader.page(request), ticket) }
    case .loadRecord(let reference, let ticket):
      records.ask(ticket) { reader throws(StorageError) in
        .record(try reader.detail(reference), ticket)
      }
    case .searchRecords(let text, let limit, let ticket):
      records.ask(ticket) { reader throws(StorageError) in
        .hits(try reader.hits(text, limit: limit), ticket)
      }
    case .export(let export): self.export(export)
    default: break
    }
  }

  /// Rows that are copied at most: no clipboard takes more bytes than these have.
  private static let copiedBytesMax = 1_000_000

  private func export(_ export: ListExport) {
    let ticket = Ticket("export", exportNumber())
    exports.ask(ticket) { [self] reader throws(StorageError) in
      var writer = ExportWriter(export, utcOffsetMinutes: ScreenCommand.offsetMinutes())
      guard let name = export.file else {
        var text = writer.opening
        try reader.eachRow(of: export.query) { rows throws(StorageError) in
          if text.utf8.count < Self.copiedBytesMax { text += writer.text(of: rows) }
        }
        return .copyReady(text + writer.closing)
      }
      let suffix = export.format == .text ? "txt" : export.format.rawValue
      let path = ExportFile.path(name, suffix: suffix, at: workspace.clock.wallMilliseconds)
      do throws(Failure) {
        let file = try ExportFile(path)
        file.write(writer.opening)
        let count: Int
        do throws(StorageError) {
          count = try reader.eachRow(of: export.query) { rows throws(StorageError) in
            file.write(writer.text(of: rows))
          }
        } catch { throw Failure(error) }
        file.write(writer.closing)
        try file.close()
        return .effectDone("Wrote \(count) rows to \(path).")
      } catch {
        return .effectFailed(error.message, hint: error.hint)
      }
    }
  }
}

/// A file that is being written; it appears under its name when it is whole.
final class ExportFile {
  private let path: String
  private let descriptor: Int32
  private var problem: Int32 = 0

  /// A file in the folder the program was started in, named for what is in it and when.
  static func path(_ name: String, suffix: String, at milliseconds: Int64) -> String {
    let moment = Instant(milliseconds: milliseconds).secondsText
      .replacing(":", with: "").replacing("T", with: "-").dropLast()
    var buffer = [CChar](repeating: 0, count: 4096)
    let folder = getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? "."
    return "\(folder)/\(name)-\(moment).\(suffix)"
  }

  init(_ path: String) throws(Failure) {
    self.path = path
    // Tenants' data: for the user alone.
    descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
  }

  func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty, problem == 0 {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno != EINTR { problem = errno }
      } else {
        rest = rest.dropFirst(count)
      }
    }
  }

  func close() throws(Failure) {
    if Glibc.close(descriptor) != 0, problem == 0 { problem = errno }
    if problem == 0, rename(path + ".part", path) != 0 { problem = errno }
    guard problem == 0 else {
      unlink(path + ".part")
      throw Self.failure(path, problem)
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> Failure {
    Failure(
      "file", "Cannot write \(path): \(String(cString: strerror(code))).",
      hint: "Start Rentbook in a folder where you may write.")
  }
}
