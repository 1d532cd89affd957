import Glibc
import Testing

@testable import Vault

@Suite("Sealed values") struct SecretBoxTests {
  private let key = SecretKey([UInt8](0..<32))

  @Test("a sealed value opens with its key and purpose, whatever its length")
  func roundTrip() throws {
    let box = SecretBox(key: try #require(key))
    for length in [0, 1, 15, 16, 17, 1000] {
      let value = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      let sealed = box.seal(value, purpose: "token")
      #expect(sealed.count == length + 41)
      #expect(try box.open(sealed, purpose: "token") == value)
    }
    #expect(try box.openText(box.seal("pätX", purpose: "p"), purpose: "p") == "pätX")
  }

  @Test("a flipped bit anywhere, a missing byte, another purpose or another key opens nothing")
  func tampering() throws {
    let box = SecretBox(key: try #require(key))
    let sealed = box.seal("12-3456789", purpose: "vendor/1/tax_id")
    for index in sealed.indices {
      for bit in 0..<8 {
        var altered = sealed
        altered[index] ^= 1 << bit
        #expect(throws: VaultError.self) { try box.open(altered, purpose: "vendor/1/tax_id") }
      }
      #expect(throws: VaultError.self) {
        try box.open(Array(sealed[..<index]), purpose: "vendor/1/tax_id")
      }
    }
    #expect(throws: VaultError.self) { try box.open(sealed, purpose: "vendor/2/tax_id") }
    let other = SecretBox(key: try #require(SecretKey([UInt8](1..<33))))
    #expect(throws: VaultError.self) { try other.open(sealed, purpose: "vendor/1/tax_id") }
  }

  @Test("equal values are sealed differently each time, and the value does not show")
  func fresh() throws {
    let box = SecretBox(key: try #require(key))
    let value = Array("secret-secret-secret".utf8)
    let sealed = (0..<200).map { _ in box.seal(value, purpose: "p") }
    #expect(Set(sealed).count == 200)
    #expect(!sealed.contains { String(decoding: $0, as: UTF8.self).contains("secret") })
  }

  @Test("a key has 32 bytes and never shows them")
  func keys() throws {
    #expect(SecretKey([UInt8](0..<31)) == nil)
    #expect(SecretKey([UInt8](0..<33)) == nil)
    var shown = ""
    dump(try #require(key), to: &shown)
    #expect("\(try #require(key))" == "SecretKey")
    #expect(!shown.contains("start"))
  }
}

@Suite("Key file") struct SecretKeyFileTests {
  /// A folder that goes away with the test.
  private final class Folder {
    let path: String
    init() {
      var template = Array("/tmp/vault-tests-\(String(repeating: "X", count: 6))".utf8CString)
      path = mkdtemp(&template).map { String(cString: $0) } ?? ""
    }
    deinit {
      remove(path)
    }
    private func remove(_ path: String) {
      guard let entries = opendir(path) else {
        unlink(path)
        return
      }
      while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { remove("\(path)/\(name)") }
      }
      closedir(entries)
      rmdir(path)
    }
  }

  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  private func kind(_ file: SecretKeyFile) -> VaultError.Kind? {
    do throws(VaultError) {
      _ = try file.load()
      return nil
    } catch { return error.kind }
  }

  @Test("a new key is for its owner alone, and is the same key when read again")
  func creation() throws {
    let folder = Folder()
    let file = SecretKeyFile(path: "\(folder.path)/config/deep/key")
    #expect(kind(file) == .keyMissing)
    let key = try file.loadOrCreate(apartFrom: "\(folder.path)/data")
    #expect(mode(file.path) == 0o600)
    #expect(mode("\(folder.path)/config") == 0o700)
    #expect(mode("\(folder.path)/config/deep") == 0o700)
    let sealed = SecretBox(key: key).seal("x", purpose: "p")
    let again = try file.loadOrCreate(
      apartFrom: "\(folder.path)/data", random: SecureRandom { [UInt8](repeating: 0, count: $0) })
    #expect(try SecretBox(key: again).openText(sealed, purpose: "p") == "x")
  }

  @Test("programs that make the key at the same time end with one key")
  func race() throws {
    let folder = Folder()
    let file = SecretKeyFile(path: "\(folder.path)/config/key")
    let rival = SecretKeyFile(path: "\(folder.path)/config/key")
    // The rival's key appears while ours is being drawn up.
    let key = try file.loadOrCreate(
      apartFrom: folder.path,
      random: SecureRandom { count in
        if count == SecretKey.byteCount {
          _ = try? rival.loadOrCreate(apartFrom: "/nowhere")
        }
        return [UInt8](repeating: 7, count: count)
      })
    let sealed = SecretBox(key: try rival.load()).seal("x", purpose: "p")
    #expect(try SecretBox(key: key).openText(sealed, purpose: "p") == "x")
    let lost = SecretKey([UInt8](repeating: 7, count: SecretKey.byteCount))
    #expect(throws: VaultError.self) {
      try SecretBox(key: try #require(lost)).open(sealed, purpose: "p")
    }
  }

  @Test(
    "a key that others can read or write is refused with what to do",
    arguments: [0o640, 0o604, 0o620, 0o610, 0o777] as [mode_t])
  func readable(_ mode: mode_t) throws {
    let folder = Folder()
    let file = SecretKeyFile(path: "\(folder.path)/config/key")
    _ = try file.loadOrCreate(apartFrom: folder.path)
    chmod(file.path, mode)
    let error = #expect(throws: VaultError.self) { try file.load() }
    #expect(error?.kind == .keyUnsafe)
    #expect(error?.message.contains("chmod 600") == true)
    #expect(throws: VaultError.self) { try file.loadOrCreate(apartFrom: folder.path) }
  }

  @Test("a key that others could replace, a link, and a folder are refused")
  func replaceable() throws {
    let folder = Folder()
    let file = SecretKeyFile(path: "\(folder.path)/config/key")
    _ = try file.loadOrCreate(apartFrom: folder.path)
    let link = SecretKeyFile(path: "\(folder.path)/config/link")
    symlink(file.path, link.path)
    #expect(kind(link) == .keyUnsafe)
    #expect(kind(SecretKeyFile(path: "\(folder.path)/config")) == .keyUnsafe)
    chmod("\(folder.path)/config", 0o770)
    #expect(kind(file) == .keyUnsafe)
    chmod("\(folder.path)/config", 0o755)
    #expect(kind(file) == nil)
  }

  @Test("a file that is no key is refused and left as it is", arguments: [0, 31, 33])
  func damaged(_ length: Int) throws {
    let folder = Folder()
    let file = SecretKeyFile(path: "\(folder.path)/key")
    let descriptor = open(file.path, O_WRONLY | O_CREAT, 0o600)
    _ = write(descriptor, [UInt8](repeating: 1, count: length), length)
    close(descriptor)
    #expect(kind(file) == .keyDamaged)
    #expect(throws: VaultError.self) { try file.loadOrCreate(apartFrom: "/nowhere") }
    var status = stat()
    #expect(stat(file.path, &status) == 0 && status.st_size == length)
  }

  @Test("a key in the folder of the data is refused, also when the folder is spelt another way")
  func besideData() throws {
    let folder = Folder()
    let file = SecretKeyFile(path: "\(folder.path)/key")
    for data in [folder.path, folder.path + "/.", folder.path + "//"] {
      #expect(throws: VaultError.self) { try file.loadOrCreate(apartFrom: data) }
    }
    #expect(kind(file) == .keyMissing)
  }
}
