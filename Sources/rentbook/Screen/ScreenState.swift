import Domain
import Interface

/// How the lists were looked at, in a file of the state folder. Losing it loses no data.
struct ScreenState: Sendable {
  /// The file; nil for a screen that remembers nothing.
  let path: String?

  /// What the file says; nothing when there is none or it cannot be read.
  func load() -> ScreenMemory {
    guard let path, Files.exists(path), let bytes = try? Files.read(path),
      let value = try? JSONValue(parsing: String(decoding: bytes, as: UTF8.self))
    else { return ScreenMemory() }
    return ScreenMemory(json: value)
  }

  func save(_ memory: ScreenMemory) throws(Failure) {
    guard let path else { return }
    try Files.makeFolder(Files.parent(of: path))
    try Files.write(memory.json.text + "\n", to: path)
  }
}
