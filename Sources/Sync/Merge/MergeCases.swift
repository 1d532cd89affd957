import Domain

/// Merge inputs and plans as JSON, in the form in which cases are exchanged and checked.
///
/// A value is any JSON; it is kept as its canonical text, so that nothing is lost on the way.
public struct MergeCase: Sendable {
  /// What names it.
  public var id: String
  /// What is merged.
  public var input: MergeInput

  /// Reads a document of cases: `{"cases": [{"id", "input"}], "defaults": {…}}`.
  public static func cases(in document: JSONValue) throws(MergeCaseError) -> [MergeCase] {
    guard let list = document["cases"]?.array ?? document.array else {
      throw MergeCaseError(id: "", "There is no list “cases”.")
    }
    var cases: [MergeCase] = []
    for (index, item) in list.enumerated() {
      let id = item["id"]?.string ?? String(index)
      cases.append(
        try Reader(id: id, defaults: document["defaults"], input: item["input"] ?? item).read())
    }
    return cases
  }
}

/// A case that cannot be read.
public struct MergeCaseError: Error, Sendable, Hashable {
  /// Which case; empty when it is the document.
  public var id: String
  /// What is wrong with it, in a sentence.
  public var message: String

  init(id: String, _ message: String) { (self.id, self.message) = (id, message) }
}

// MARK: Reading

private struct Reader {
  let id: String
  let defaults: JSONValue?
  let input: JSONValue

  func read() throws(MergeCaseError) -> MergeCase {
    MergeCase(
      id: id,
      input: MergeInput(
        base: try base(input["base"] ?? .null),
        seen: Sides(left: try side("left"), right: try side("right")),
        policy: try policy(),
        abilities: Sides(left: abilities("left"), right: abilities("right")),
        matches: Sides(left: matches("left"), right: matches("right")),
        isParentLinked: member("parent_linked")?.bool ?? true,
        choices: try choices(member("resolutions")?.array ?? [])))
  }

  private func member(_ name: String) -> JSONValue? { input[name] ?? defaults?[name] }

  private func fail(_ message: String) -> MergeCaseError { MergeCaseError(id: id, message) }

  private func base(_ json: JSONValue) throws(MergeCaseError) -> MergeBase {
    if json.isNull { return .never }
    if json.string == "tombstone" { return .tombstone }
    guard let left = json["left"]?.object, let right = json["right"]?.object else {
      throw fail("The base is null, \"tombstone\", or has a left and a right side.")
    }
    return .fields(Sides(left: Self.fields(left), right: Self.fields(right)))
  }

  private static func fields(_ object: JSONObject) -> FieldValues {
    var fields: FieldValues = [:]
    for (name, json) in object.members { fields[name] = FieldValue(case: json) }
    return fields
  }

  private func side(_ name: String) throws(MergeCaseError) -> Observation {
    guard let json = input[name] else { throw fail("The \(name) side is missing.") }
    var seen = Observation(
      isSeen: json["seen"]?.bool ?? true, isPresent: json["present"]?.bool ?? true)
    if let fields = json["fields"]?.object { seen.fields = Self.fields(fields) }
    if let bounds = json["ts"]?.array {
      guard bounds.count == 2, let low = bounds[0].int, let high = bounds[1].int, low <= high
      else { throw fail("The times of the \(name) side are [earliest, latest].") }
      seen.edited = Int64(low)...Int64(high)
    }
    seen.unreadable = Set(json["unreadable"]?.array?.compactMap(\.string) ?? [])
    return seen
  }

  private func abilities(_ side: String) -> Abilities {
    let json = input["caps"]?[side] ?? defaults?["caps"]?[side]
    return Abilities(
      canCreate: json?["create"]?.bool ?? true, canUpdate: json?["update"]?.bool ?? true,
      canDelete: json?["delete"]?.bool ?? true)
  }

  private func matches(_ side: String) -> Int {
    (input["matches"]?[side] ?? defaults?["matches"]?[side])?.int ?? 1
  }

  private func policy() throws(MergeCaseError) -> MergePolicy {
    let given = input["policy"]
    let standard = defaults?["policy"]
    func word<Word: RawRepresentable<String>>(
      _ name: String, _ fallback: Word
    ) throws(MergeCaseError) -> Word {
      guard let text = (given?[name] ?? standard?[name])?.string else { return fallback }
      guard let word = Word(rawValue: text) else { throw fail("\(name) cannot be “\(text)”.") }
      return word
    }
    let whole = try field(
      given?["default"], over: try field(standard?["default"], over: MergePolicy.Field()))
    var policy = MergePolicy(
      standard: whole,
      onDelete: Sides(
        left: try word("on_delete_left", .propagate), right: try word("on_delete_right", .restore)),
      deletedAndEdited: try word("delete_vs_edit", .manual),
      undeletable: try word("delete_unsupported", .restore),
      skew: Int64((given?["skew"] ?? standard?["skew"])?.int ?? 0))
    let fields = (given?["fields"] ?? standard?["fields"])?.object
    for (name, json) in fields?.members ?? [] { policy.fields[name] = try field(json, over: whole) }
    return policy
  }

  private func field(
    _ json: JSONValue?, over standard: MergePolicy.Field
  ) throws(MergeCaseError) -> MergePolicy.Field {
    func word<Word: RawRepresentable<String>>(
      _ name: String, _ fallback: Word
    ) throws(MergeCaseError) -> Word {
      guard let text = json?[name]?.string else { return fallback }
      guard let word = Word(rawValue: text) else { throw fail("\(name) cannot be “\(text)”.") }
      return word
    }
    return MergePolicy.Field(
      conflict: try word("conflict", standard.conflict),
      direction: try word("direction", standard.direction),
      foreignEdit: try word("foreign_edit", standard.foreignEdit))
  }

  private func choices(_ list: [JSONValue]) throws(MergeCaseError) -> [Choice] {
    var choices: [Choice] = []
    for json in list {
      let pick: Choice.Pick
      switch json["choice"]?.string {
      case "left": pick = .left
      case "right": pick = .right
      case "base": pick = .base
      case "value": pick = .value(FieldValue(case: json["value"] ?? .null))
      default: throw fail("A resolution chooses left, right, base or value.")
      }
      let field = json["field"]?.string
      func seen(_ name: String) -> ConflictValue {
        let value = json[name] ?? .null
        guard field == nil else { return .value(FieldValue(case: value)) }
        return value.object.map { .record(Self.fields($0)) } ?? .none
      }
      choices.append(
        Choice(
          field: field, pick: pick,
          seen: Sides(left: seen("seen_left"), right: seen("seen_right"))))
    }
    return choices
  }
}

extension FieldValue {
  fileprivate init(case json: JSONValue) { self = json.isNull ? .null : .text(json.canonicalText) }

  fileprivate var caseJSON: JSONValue {
    guard let text else { return .null }
    return (try? JSONValue(parsing: text)) ?? .string(text)
  }
}

// MARK: Writing

extension MergePlan {
  /// The plan in the form of the cases. Values must come from a ``MergeCase``.
  public var caseJSON: JSONValue {
    [
      "action": .string(action.rawValue),
      "fetch": .array(fetch.map { .string($0.rawValue) }),
      "set_left": Self.json(set.left), "set_right": Self.json(set.right),
      "shadow": Self.json(base),
      "conflicts": .array(
        conflicts.map { conflict in
          [
            "base": conflict.base.map {
              ["left": Self.json($0.left), "right": Self.json($0.right)]
            } ?? .null,
            "field": .optional(conflict.field), "kind": .string(conflict.kind.rawValue),
            "left": Self.json(conflict.values.left), "right": Self.json(conflict.values.right),
          ]
        }),
      "audit": .array(
        losses.map { loss in
          [
            "field": .optional(loss.field), "kind": .string(loss.kind.rawValue),
            "side": .string(loss.side.rawValue), "value": Self.json(loss.value),
          ]
        }),
      "stale_resolutions": .array(staleChoices.map { .optional($0) }),
      "skipped": .array(skipped.map { .string($0) }),
    ]
  }

  private static func json(_ base: MergeBase) -> JSONValue {
    switch base {
    case .never: .null
    case .tombstone: "tombstone"
    case .fields(let fields): ["left": json(fields.left), "right": json(fields.right)]
    }
  }

  private static func json(_ fields: FieldValues) -> JSONValue {
    var object = JSONObject()
    for name in fields.keys.sorted() { object[name] = (fields[name] ?? .null).caseJSON }
    return .object(object)
  }

  private static func json(_ value: ConflictValue) -> JSONValue {
    switch value {
    case .value(let value): value.caseJSON
    case .record(let fields): json(fields)
    case .none: .null
    }
  }
}
