import FoundationEssentials
import Glibc

@testable import Storage

/// Files of tests, read and written whole.
enum Files {
  static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  static func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  static func permissions(_ path: String) -> UInt32 {
    var information = stat()
    return stat(path, &information) == 0 ? information.st_mode & 0o777 : 0
  }
}

/// Opens the store of a folder.
func openStore(_ path: String) throws(StorageError) -> Store {
  try Store(path: path, sealing: TestSealing()) { TestStore.now }
}

/// A file on which plain SQL is run, whatever is in it.
func sqlite(_ path: String, _ statements: String...) throws {
  let connection = try Connection(path: path, access: .readWrite)
  for statement in statements { try connection.run(statement) }
}
