// What is sent to Buildium to create or change one record.
import Domain
import Sync

/// A request body with everything a person should know before it is sent.
public struct BuildiumBody: Sendable, Hashable {
  /// POST creates, PUT replaces the whole record, PATCH changes the members given.
  public var method: String
  /// The path, from `/v1` on.
  public var path: String
  /// The body.
  public var json: JSONValue
  /// Why Buildium would refuse it, one sentence each; send nothing unless this is empty.
  public var problems: [String]
  /// Members that Buildium holds but does not show, and that this replacement would clear.
  public var lostOnReplace: [String]
  /// Fields asked for that Buildium's API does not take.
  public var notWritten: [String]
}

/// Collects a body.
struct BodyBuilder {
  let title: String
  var json: JSONValue = .object(JSONObject())
  var problems: [String] = []
  var lostOnReplace: [String] = []
  var notWritten: [String] = []

  init(title: String) { self.title = title }

  /// Puts a value at a path, making the objects on the way.
  mutating func set(_ path: [String], _ value: JSONValue) {
    json = Self.setting(path[...], value, in: json)
  }

  /// Puts a value at a member.
  mutating func set(_ name: String, _ value: JSONValue) { set([name], value) }

  private static func setting(_ path: ArraySlice<String>, _ value: JSONValue, in json: JSONValue)
    -> JSONValue
  {
    guard let first = path.first else { return value }
    var object = json.object ?? JSONObject()
    object[first] = setting(path.dropFirst(), value, in: object[first] ?? .null)
    return .object(object)
  }

  /// The value at a member.
  subscript(name: String) -> JSONValue? { json[name] }

  /// Takes a member out.
  mutating func remove(_ name: String) {
    guard var object = json.object else { return }
    object[name] = nil
    json = .object(object)
  }

  /// Notes what is wrong with a value.
  mutating func check(_ value: FieldValue, _ member: Member) {
    let name = member.field.replacing("_", with: " ")
    if value.isNull {
      if member.isRequired {
        problems.append("\(title): \(name) is missing; Buildium requires it.")
      }
      return
    }
    guard member.limit > 0, let text = value.text else { return }
    // Counted as Buildium's platform counts.
    let count = text.utf16.count
    if count > member.limit {
      problems.append(
        "\(title): \(name) has \(count) characters; Buildium takes at most \(member.limit).")
    }
  }

  /// An object whose members are all null is no object; one that is there must be whole.
  ///
  /// - Parameter required: the members that must be there once any is.
  mutating func settle(
    _ name: String, required: [String] = [], isRequired: Bool = false, words: String
  ) {
    guard let object = json[name]?.object else {
      if isRequired { problems.append("\(title): \(words) is missing; Buildium requires it.") }
      return
    }
    if object.members.allSatisfy({ $0.value.isNull }) {
      set(name, .null)
      if isRequired { problems.append("\(title): \(words) is missing; Buildium requires it.") }
      return
    }
    for member in required where object[member] ?? .null == .null {
      problems.append("\(title): \(words) has no \(member); Buildium requires it.")
    }
  }

  /// An address: line 1, postal code and country make it one.
  mutating func settleAddress(_ name: String = "Address", isRequired: Bool, words: String) {
    settle(
      name, required: ["AddressLine1", "PostalCode", "Country"], isRequired: isRequired,
      words: words)
  }

  /// The finished body: POST to the collection, or `method` to the record.
  func body(_ collection: String, id: String?, method: String = "PUT") -> BuildiumBody {
    BuildiumBody(
      method: id == nil ? "POST" : method, path: id.map { "\(collection)/\($0)" } ?? collection,
      json: json, problems: problems, lostOnReplace: lostOnReplace, notWritten: notWritten)
  }
}
