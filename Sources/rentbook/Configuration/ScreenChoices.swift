// Keys and colours of a person's own choice, from the configuration file.
import Domain
import Interface
import Terminal

/// Reads the members `keys`, `theme` and `colors` of the configuration file. What is wrong is told
/// with its line, and the rest holds: a slip in a key map is no reason to stand before a shut door.
///
/// ```
/// "theme": "dark",                                // or a file NAME.theme beside this one
/// "keys": { "sync-now": "F5", "quit": ["Ctrl-Q", "q"], "suspend": [] },
/// "colors": { "warning": "#ffb86b/bright-yellow default bold" }
/// ```
struct ScreenChoices: Sendable {
  private(set) var keyMap: [String: [Key]] = [:]
  private(set) var theme: Theme
  private(set) var problems: [String] = []

  private let path: String
  private let text: String

  /// - Parameters:
  ///   - path: The configuration file; it need not exist.
  ///   - themeName: A theme asked for elsewhere, which the file does not outdo.
  ///   - automatic: The theme when none is asked for.
  init(path: String, themeName: String?, automatic: Theme) {
    (self.path, theme) = (path, automatic)
    let isThere = Files.exists(path)
    let bytes = isThere ? (try? Files.read(path)) ?? [] : []
    text = JSONComments.removed(from: String(decoding: bytes, as: UTF8.self))
    var file = JSONValue.object(JSONObject())
    if isThere {
      do throws(JSONError) {
        file = try JSONValue(parsing: text)
      } catch {
        problems = ["\(path), line \(line(at: error.offset)): \(error.problem)."]
      }
    }
    readTheme(themeName ?? file["theme"]?.string)
    readColours(file["colors"])
    readKeys(file["keys"])
  }

  var settings: ScreenSettings {
    ScreenSettings(keyMap: keyMap, theme: theme, problems: problems)
  }

  // MARK: Colours

  private mutating func readTheme(_ name: String?) {
    guard let name else { return }
    if let known = Theme.named(name) {
      theme = known
      return
    }
    let folder = Files.parent(of: path)
    let file = "\(folder)/\(name).theme"
    guard !name.contains("/"), Files.exists(file), let bytes = try? Files.read(file) else {
      let names = Theme.builtIn.map(\.name).joined(separator: ", ")
      problems.append(
        "\(place("theme", in: nil)): there is no theme “\(name)”: none of \(names), and no \(file)."
      )
      return
    }
    do throws(ThemeError) {
      theme = try Theme(name: name, text: String(decoding: bytes, as: UTF8.self))
    } catch {
      problems.append("\(folder)/\(error)")
    }
  }

  private mutating func readColours(_ value: JSONValue?) {
    for (role, look) in members(value, of: "colors") {
      guard let words = look.string else {
        problems.append("\(place(role, in: "colors")): write “text-colour background words”.")
        continue
      }
      do throws(ThemeError) {
        theme = try theme.with(role, words)
      } catch {
        problems.append("\(place(role, in: "colors")): \(error.problem).")
      }
    }
  }

  // MARK: Keys

  private mutating func readKeys(_ value: JSONValue?) {
    for (action, keys) in members(value, of: "keys") {
      let names: [JSONValue] = keys.array ?? [keys]
      var read: [Key] = []
      for name in names {
        if let text = name.string, let key = Key(text) {
          read.append(key)
        } else {
          let shown = name.string ?? name.text
          problems.append(
            "\(place(action, in: "keys")): “\(shown)” is no key; write x, Ctrl-X, Alt-x, F5, Enter, "
              + "Space, PageUp or the like.")
        }
      }
      // A name with no key that can be read keeps its own keys.
      if !read.isEmpty || names.isEmpty { keyMap[action] = read }
    }
  }

  // MARK: Lines

  private mutating func members(_ value: JSONValue?, of name: String) -> [(String, JSONValue)] {
    guard let value, !value.isNull else { return [] }
    guard let object = value.object else {
      problems.append("\(place(name, in: nil)): “\(name)” must be an object of names and values.")
      return []
    }
    return object.members.map { ($0.key, $0.value) }
  }

  /// `…/config.json, line 7`: where a member's name stands.
  private func place(_ name: String, in parent: String?) -> String {
    let bytes = Array(text.utf8)
    func find(_ name: String, from start: Int) -> Int? {
      let wanted = Array("\"\(name)\"".utf8)
      guard bytes.count >= wanted.count else { return nil }
      return (start...(bytes.count - wanted.count)).first { at in
        bytes[at...].starts(with: wanted)
          && bytes[(at + wanted.count)...].first { $0 > 0x20 } == UInt8(ascii: ":")
      }
    }
    let start = parent.flatMap { find($0, from: 0) } ?? 0
    guard start < bytes.count, let at = find(name, from: start) else { return path }
    return "\(path), line \(line(at: at))"
  }

  private func line(at offset: Int) -> Int { text.utf8.prefix(offset).count { $0 == 0x0A } + 1 }
}
