import Background
import Interface
import NcursesTerminal
import Storage

/// Opens the store on a thread of its own, so that the screen stands while a large one is checked or
/// converted.
final class WorkspaceOpener: Sendable {
  private let told = Lock<[StoreOpening]>([])
  private let result = Lock<Result<Workspace, Failure>?>(nil)
  private let worker: Worker

  /// How long the end of a program waits for a store that is being converted; what is not done then
  /// is taken back by the store itself.
  private static let patienceNanoseconds: UInt64 = 500_000_000

  /// Begins to open it; `wake` is called whenever there is news.
  init(_ configuration: Configuration, wake: @escaping @Sendable () -> Void) {
    let (told, result) = (told, result)
    worker = Worker(name: "opening") {
      let outcome: Result<Workspace, Failure>
      do throws(Failure) {
        outcome = .success(
          try Workspace(configuration: configuration) { step in
            told.withLock { $0.append(step) }
            wake()
          })
      } catch { outcome = .failure(error) }
      result.withLock { $0 = outcome }
      wake()
    }
  }

  /// What has happened since this was last asked.
  func news() -> [ScreenPrelude<NcursesDevice>.News] {
    let steps = told.withLock { steps in
      defer { steps = [] }
      return steps
    }
    let isReady = result.withLock { $0 != nil }
    return steps.map { .doing(Self.words($0)) } + (isReady ? [.ready] : [])
  }

  /// The workspace, once there was news of it.
  ///
  /// - Throws: what stood in the way.
  func workspace() throws(Failure) -> Workspace {
    worker.join()
    guard let result = result.withLock(\.self) else {
      throw Failure("store", "The store was not opened.")
    }
    return try result.get()
  }

  /// Waits a moment for the store, and closes it when it is open.
  func giveUp() {
    guard worker.join(nanoseconds: Self.patienceNanoseconds) else { return }
    if case .success(let workspace)? = result.withLock(\.self) { workspace.close() }
  }

  private static func words(_ step: StoreOpening) -> String {
    switch step {
    case .checking: "Rentbook was not ended in good order; the store is being checked…"
    case .copying: "Bringing the store up to date: a copy of it is made first…"
    case .converting: "Bringing the store up to date…"
    }
  }
}
