import Domain
import Glibc
import Testing

@testable import Sync

@Suite("The merge of a pair") struct MergeCaseTests {
  @Test("every exchanged case comes out as given")
  func cases() throws {
    let document = try JSONValue(parsing: try fixture("merge_cases.json"))
    let cases = try MergeCase.cases(in: document)
    let listed = try #require(document["cases"]?.array)
    #expect(cases.count == listed.count && cases.count == document["count"]?.int)
    for (item, given) in zip(cases, listed) {
      let plan = merge(item.input).caseJSON
      let expected = try #require(given["expected"])
      #expect(normal(plan) == normal(expected), "\(item.id) \(given["group"]?.string ?? "")")
    }
  }

  /// Conflicts and losses have no order of their own.
  private func normal(_ plan: JSONValue) -> String {
    guard var object = plan.object else { return plan.canonicalText }
    for name in ["conflicts", "audit"] {
      let rows = (object[name]?.array ?? []).map(\.canonicalText).sorted()
      object[name] = .array(rows.map { .string($0) })
    }
    return JSONValue.object(object).canonicalText
  }

  @Test(
    "a case that cannot be read is named, with what is wrong",
    arguments: [
      (#"{"cases":[{"id":"X","input":{"base":7,"left":{},"right":{}}}]}"#, "X"),
      (
        #"{"cases":[{"id":"Y","input":{"left":{},"right":{},"policy":{"delete_vs_edit":"?"}}}]}"#,
        "Y"
      ),
      (#"{"cases":[{"id":"Z","input":{"left":{"ts":[2,1]},"right":{}}}]}"#, "Z"),
      (#"{"no":"cases"}"#, ""),
    ])
  func unreadable(_ text: String, _ id: String) throws {
    let document = try JSONValue(parsing: text)
    #expect {
      _ = try MergeCase.cases(in: document)
    } throws: { ($0 as? MergeCaseError)?.id == id }
  }

  @Test("a person's choice on a whole record deletes or restores, and holds only for what was seen")
  func recordChoices() {
    let base = MergeBase.fields(Sides(both: ["A": .text("x")]))
    func input(_ pick: Choice.Pick, seen: FieldValue) -> MergeInput {
      MergeInput(
        base: base,
        seen: Sides(left: Observation(fields: ["A": .text("y")]), right: .absent),
        choices: [
          Choice(field: nil, pick: pick, seen: Sides(left: .record(["A": seen]), right: .none))
        ])
    }
    #expect(merge(input(.left, seen: .text("y"))).action == .restoreRight)
    let deletion = merge(input(.right, seen: .text("y")))
    #expect(deletion.action == .deleteLeft)
    #expect(deletion.losses.map(\.value) == [.record(["A": .text("y")])])
    let stale = merge(input(.left, seen: .text("older")))
    #expect(stale.action == .conflictRecord && stale.staleChoices == [nil])
    #expect(stale.conflicts.map(\.kind) == [.deleteVsEdit])
  }

  @Test("a restored row gets back the values that only its own side may set")
  func restoredOwnFields() {
    var policy = MergePolicy()
    policy.fields["note"] = MergePolicy.Field(direction: .rightToLeft, foreignEdit: .ignore)
    let plan = merge(
      MergeInput(
        base: .fields(
          Sides(
            left: ["note": .null, "A": .text("a")], right: ["note": .text("mine"), "A": .text("a")])
        ),
        seen: Sides(left: Observation(fields: ["A": .text("a")]), right: .absent), policy: policy))
    #expect(plan.action == .restoreRight)
    #expect(plan.set.right == ["note": .text("mine"), "A": .text("a")])
    #expect(plan.set.left.isEmpty)
  }
}

/// The text of a file beside the tests.
func fixture(_ name: String) throws -> String {
  let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
  let path = "/\(folder)/Fixtures/\(name)"
  let file = try #require(fopen(path, "r"))
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}
