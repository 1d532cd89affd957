import Background
import Domain
import Glibc
import Storage
import Sync

/// `rentbook demo`: the full screen on simulated services of its own.
enum DemoScreen {
  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let signals = try ScreenCommand.signals()
    let services = try SimulatedServices(invocation)
    defer { services.stop() }
    var environment = invocation.environment
    environment.merge(services.environment) { $1 }
    environment["RENTBOOK_PORTFOLIO"] = environment["RENTBOOK_PORTFOLIO"] ?? "Harbor & Main (demo)"
    let folder = DemoFolder(Folders(environment: environment), named: invocation.text("--store"))
    defer { folder.remove() }
    // The simulated services begin anew each time; a store that remembers others would be wrong.
    environment["RENTBOOK_STORE"] = folder.store
    let workspace = try Workspace(
      configuration: try Configuration(
        Invocation(
          command: "demo",
          options: ["--config"].reduce(into: [:]) { options, name in
            if let value = invocation.text(name) { options[name] = [value] }
          }, environment: environment)))
    defer { workspace.close() }
    DemoShares(workspace).watch()
    return try ScreenCommand.show(invocation, workspace, signals, syncing: true, isDemo: true) {
      workspace throws(Failure) in
      let provider = try workspace.airtable()
      do throws(ProviderError) {
        let result = try provider.setUp(isDryRun: false, Cancellation())
        if let stopped = result.stopped { throw stopped }
      } catch { throw Failure(error) }
    }
  }
}

/// Shares for the demo's owners, which a real portfolio has from its manager: Buildium knows who owns
/// a property and not how much of it. Entered once, as soon as all owners and properties were read.
private final class DemoShares: Sendable {
  private let workspace: Workspace
  private let isDone = Lock(false)

  init(_ workspace: Workspace) { self.workspace = workspace }

  func watch() {
    workspace.store.observe { [self] changes in
      guard changes.topics.contains(.sync), !isDone.withLock(\.self) else { return }
      // An observer returns at once, and may not write: the commit it hears of is still going on.
      _ = Worker(name: "shares") { [self] in enter() }
    }
  }

  private func enter() {
    // Failing here costs the demo its owners' figures, which say why they are missing.
    guard
      let isRead = try? workspace.store.readSync({ state throws(StorageError) in
        var isRead = true
        for resource in [Resource.owners, .properties] {
          if try state.pull(.buildium, resource)?.completeAt == nil { isRead = false }
        }
        return isRead
      }), isRead,
      isDone.withLock({ wasDone in
        defer { wasDone = true }
        return !wasDone
      })
    else { return }
    _ = try? workspace.store.shareEqually(reason: "the demo's owners", actor: "demo")
  }
}

/// Where a demo keeps its store: a folder of its own, gone with it.
private struct DemoFolder {
  let store: String
  private let folder: String?

  /// - Parameter named: a store somebody asked for; it is begun anew and kept afterwards.
  init(_ folders: Folders, named: String?) {
    if let named {
      (store, folder) = (named, nil)
      Self.removeStore(named)
      return
    }
    Self.removeLeftovers(in: folders.data)
    let own = "\(folders.data)/demo-\(getpid())"
    (store, folder) = ("\(own)/rentbook.sqlite", own)
  }

  func remove() {
    guard let folder else { return }
    Self.removeStore(store)
    rmdir(folder)
  }

  private static func removeStore(_ path: String) {
    for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
  }

  /// Folders of demos that were killed: their process is no longer there.
  private static func removeLeftovers(in data: String) {
    guard let listing = opendir(data) else { return }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix("demo-"), let process = pid_t(name.dropFirst(5)),
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      removeStore("\(data)/\(name)/rentbook.sqlite")
      rmdir("\(data)/\(name)")
    }
  }
}
