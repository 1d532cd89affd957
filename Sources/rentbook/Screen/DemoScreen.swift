import Background
import Domain
import Glibc
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
    let configuration = try Configuration(
      Invocation(
        command: "demo",
        options: ["--config"].reduce(into: [:]) { options, name in
          if let value = invocation.text(name) { options[name] = [value] }
        }, environment: environment))
    return try ScreenCommand.show(
      invocation, configuration, signals, syncing: true, isDemo: true
    ) { workspace throws(Failure) in
      let provider = try workspace.airtable()
      do throws(ProviderError) {
        let result = try provider.setUp(isDryRun: false, Cancellation())
        if let stopped = result.stopped { throw stopped }
      } catch { throw Failure(error) }
    }
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
