import Background
import Domain
import Testing

@testable import Sync

/// What must hold of every plan, over products of inputs and over random ones.
@Suite("Properties of the merge") struct MergePropertyTests {
  @Test("one field, every state of both sides under every rule")
  func fieldProduct() {
    var count = 0
    for input in fieldInputs() {
      check(input)
      count += 1
    }
    #expect(count == 9_800)
  }

  @Test("a whole record, every presence under every rule and ability")
  func recordProduct() {
    var count = 0
    for input in recordInputs() {
      check(input)
      count += 1
    }
    #expect(count > 10_000)
  }

  @Test("several fields with drift, choices and mixed rules")
  func randomInputs() {
    let seed: UInt64 = 20_261_121
    for run in 0..<8_000 {
      var random = SplitRandom(seed: seed &+ UInt64(run))
      check(randomInput(&random), "seed \(seed &+ UInt64(run))")
    }
  }

  @Test("edits of different fields on two sides both survive")
  func independentFields() {
    for (left, right) in [("l", "r"), ("", "r"), ("l", "")] {
      let plan = merge(
        MergeInput(
          base: .fields(Sides(both: ["A": .text("x"), "B": .text("x")])),
          seen: Sides(
            left: Observation(fields: ["A": .text(canonical: left), "B": .text("x")]),
            right: Observation(fields: ["A": .text("x"), "B": .text(canonical: right)]))))
      #expect(plan.set.right == ["A": .text(canonical: left)])
      #expect(plan.set.left == ["B": .text(canonical: right)])
      #expect(plan.conflicts.isEmpty && plan.losses.isEmpty)
    }
  }

  // MARK: The properties

  private func check(_ input: MergeInput, _ note: String = "") {
    let plan = merge(input)
    func expect(_ holds: Bool, _ rule: String) {
      if !holds { Issue.record("\(rule) \(note)\n\(input)\n\(plan)") }
    }
    expect(merge(input) == plan, "P0 the same input gives the same plan")
    expect(normal(merge(input.mirrored).mirrored) == normal(plan), "P1 mirror")
    for side in Side.allCases where !input.seen[side].isSeen {
      expect(
        [.none, .fetch].contains(plan.action) && !plan.isWriting && plan.losses.isEmpty
          && plan.conflicts.isEmpty && plan.base == input.base, "P2 an unread side decides nothing")
    }
    for side in Side.allCases where input.seen[side].isPresent {
      for (name, value) in plan.set[side] {
        expect(value != (input.seen[side].fields[name] ?? .null), "P3 no useless write")
      }
    }
    for conflict in plan.conflicts {
      guard let field = conflict.field else {
        expect(!plan.isWriting, "P4 a held record writes nothing")
        continue
      }
      expect(
        Side.allCases.allSatisfy { plan.set[$0][field] == nil }, "P4 a held field writes nothing")
      if case .fields(let base) = plan.base {
        var before = Sides<FieldValues>(both: [:])
        if case .fields(let given) = input.base { before = given }
        expect(
          Side.allCases.allSatisfy { (base[$0][field] ?? .null) == (before[$0][field] ?? .null) },
          "P4 a held field keeps its base")
      }
    }
    checkNothingVanishes(input, plan, expect)
    checkAgain(input, plan, expect)
    checkRecord(input, plan, expect)
    let unreadable = input.seen.left.unreadable.union(input.seen.right.unreadable)
    for name in unreadable {
      expect(Side.allCases.allSatisfy { plan.set[$0][name] == nil }, "P11 drift writes nothing")
      if case .fields(let before) = input.base, case .fields(let after) = plan.base,
        input.seen.left.isPresent, input.seen.right.isPresent
      {
        expect(
          Side.allCases.allSatisfy { before[$0][name] == after[$0][name] }, "P11 drift keeps base")
      }
    }
  }

  private func checkNothingVanishes(
    _ input: MergeInput, _ plan: MergePlan, _ expect: (Bool, String) -> Void
  ) {
    var base = Sides<FieldValues>(both: [:])
    if case .fields(let given) = input.base { base = given }
    for side in Side.allCases where input.seen[side].isPresent {
      let isDeleted = plan.action == .delete(side)
      if isDeleted {
        expect(
          plan.losses.contains {
            $0.side == side && $0.field == nil && $0.value == .record(input.seen[side].fields)
          }, "P5 a deleted record is kept whole")
      }
      for (name, value) in input.seen[side].fields where value != (base[side][name] ?? .null) {
        guard let next = plan.set[side][name], next != value else { continue }
        expect(
          plan.losses.contains {
            $0.side == side && $0.field == name && $0.value == .value(value)
          }, "P5 an overwritten edit is on record")
      }
    }
  }

  private func checkAgain(
    _ input: MergeInput, _ plan: MergePlan, _ expect: (Bool, String) -> Void
  ) {
    var next = input
    next.base = plan.base
    switch plan.action {
    case .fetch, .detach: return
    case .conflictRecord, .deferParent, .blocked:
      expect(merge(next) == plan, "P6 what waits goes on waiting")
      return
    default: break
    }
    for side in Side.allCases {
      if plan.action == .delete(side) { next.seen[side] = .absent }
      if plan.action == .create(side) || plan.action == .restore(side) {
        next.seen[side].isPresent = true
        next.seen[side].fields = [:]
      }
      for (name, value) in plan.set[side] { next.seen[side].fields[name] = value }
    }
    let again = merge(next)
    expect(again.action == .none && !again.isWriting, "P6 applying twice does nothing more")
    expect(
      Set(again.conflicts) == Set(plan.conflicts)
        || (input.base == .never && again.conflicts.count == plan.conflicts.count),
      "P6 what is held stays held")
    guard next.seen.left.isPresent, next.seen.right.isPresent else { return }
    let held = Set(plan.conflicts.compactMap(\.field)).union(plan.skipped)
    for name in Set(next.seen.left.fields.keys).union(next.seen.right.fields.keys) {
      let rules = input.policy.rules(of: name)
      guard !held.contains(name), rules.direction == .both else { continue }
      let values = next.seen.map { $0.fields[name] ?? .null }
      guard case .fields(let base) = plan.base else { continue }
      expect(
        values.left == values.right
          || Side.allCases.allSatisfy { values[$0] == (base[$0][name] ?? .null) },
        "P7 both sides end in step")
    }
  }

  private func checkRecord(
    _ input: MergeInput, _ plan: MergePlan, _ expect: (Bool, String) -> Void
  ) {
    for side in Side.allCases {
      let can = input.abilities[side]
      switch plan.action {
      case .create(side), .restore(side): expect(can.canCreate, "P10 only where it can be made")
      case .delete(side):
        expect(can.canDelete, "P10 only where it can be deleted")
        let other = input.seen[side.other]
        expect(other.isSeen && !other.isPresent, "P9 a deletion needs a seen absence")
        expect(input.base != .never, "P9 a deletion needs something that was in step")
      default:
        if !plan.set[side].isEmpty { expect(can.canUpdate, "P10 only where it can be changed") }
      }
    }
  }

  /// Order has no meaning in lists of conflicts and losses.
  private func normal(_ plan: MergePlan) -> MergePlan {
    var plan = plan
    plan.conflicts.sort { "\($0)" < "\($1)" }
    plan.losses.sort { "\($0)" < "\($1)" }
    plan.fetch.sort()
    return plan
  }

  // MARK: The inputs

  private let a = FieldValue.text("a")
  private let b = FieldValue.text("b")
  private let c = FieldValue.text("c")

  private func fieldInputs() -> [MergeInput] {
    let bases: [MergeBase] = [
      .never, .fields(Sides(both: [:])), .fields(Sides(both: ["A": .null])),
      .fields(Sides(both: ["A": a])), .fields(Sides(left: ["A": a], right: ["A": b])),
    ]
    let sides: [Observation] =
      [.unseen, .absent]
      + [[:], ["A": a], ["A": b], ["A": c]].map { Observation(fields: $0) }
      + [Observation(fields: [:], unreadable: ["A"])]
    var rules: [(MergePolicy.Field, Sides<ClosedRange<Int64>?>)] = []
    for conflict in MergePolicy.Conflict.allCases {
      rules.append((MergePolicy.Field(conflict: conflict), Sides(both: nil)))
    }
    let newer: Sides<ClosedRange<Int64>?> = Sides(left: 5...6, right: 1...2)
    for times in [newer, newer.mirrored] {
      rules.append((MergePolicy.Field(conflict: .newest), times))
    }
    for direction in [MergePolicy.Direction.leftToRight, .rightToLeft] {
      for foreign in MergePolicy.ForeignEdit.allCases {
        rules.append(
          (MergePolicy.Field(direction: direction, foreignEdit: foreign), Sides(both: nil)))
      }
    }
    let readOnly = Abilities(canCreate: false, canUpdate: false, canDelete: false)
    var inputs: [MergeInput] = []
    for base in bases {
      for left in sides {
        for right in sides {
          for (rule, times) in rules {
            for abilities in [
              Sides(both: Abilities()), Sides(left: readOnly, right: Abilities()),
              Sides(left: Abilities(), right: readOnly), Sides(both: readOnly),
            ] {
              var input = MergeInput(
                base: base, seen: Sides(left: left, right: right),
                policy: MergePolicy(standard: rule), abilities: abilities)
              input.seen.left.edited = times.left
              input.seen.right.edited = times.right
              inputs.append(input)
            }
          }
        }
      }
    }
    return inputs
  }

  private func recordInputs() -> [MergeInput] {
    let bases: [MergeBase] = [.never, .tombstone, .fields(Sides(both: ["A": a]))]
    let sides: [Observation] = [
      .unseen, .absent, Observation(fields: ["A": a]), Observation(fields: ["A": b]),
    ]
    var inputs: [MergeInput] = []
    for base in bases {
      for left in sides {
        for right in sides {
          for one in MergePolicy.Deletion.allCases {
            for two in MergePolicy.Deletion.allCases {
              for edited in MergePolicy.DeletedAndEdited.allCases {
                for (number, undeletable) in MergePolicy.Undeletable.allCases.enumerated() {
                  for can in [true, false] {
                    for isLinked in [true, false] {
                      var input = MergeInput(
                        base: base, seen: Sides(left: left, right: right),
                        policy: MergePolicy(
                          onDelete: Sides(left: one, right: two), deletedAndEdited: edited,
                          undeletable: undeletable))
                      input.abilities.left = Abilities(
                        canCreate: can || number == 0, canUpdate: true, canDelete: can)
                      input.abilities.right = Abilities(canDelete: can || number == 1)
                      input.isParentLinked = isLinked
                      input.matches.right = !can && !isLinked ? 2 : 1
                      inputs.append(input)
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return inputs
  }

  private func randomInput(_ random: inout SplitRandom) -> MergeInput {
    let names = ["A", "B", "C"]
    let values: [FieldValue] = [.null, a, b, c, .integer(1)]
    func fields(_ random: inout SplitRandom) -> FieldValues {
      var fields: FieldValues = [:]
      for name in names where random.below(5) > 0 { fields[name] = values[random.below(5)] }
      return fields
    }
    func observation(_ random: inout SplitRandom) -> Observation {
      switch random.below(12) {
      case 0: return .unseen
      case 1: return .absent
      default:
        let low = Int64(random.below(6))
        return Observation(
          fields: fields(&random), edited: random.below(3) == 0 ? nil : low...(low + 1),
          unreadable: random.below(6) == 0 ? [names[random.below(3)]] : [])
      }
    }
    func rule(_ random: inout SplitRandom) -> MergePolicy.Field {
      MergePolicy.Field(
        conflict: MergePolicy.Conflict.allCases[random.below(4)],
        direction: random.below(2) == 0
          ? .both : MergePolicy.Direction.allCases[random.below(3)],
        foreignEdit: MergePolicy.ForeignEdit.allCases[random.below(2)])
    }
    let before = fields(&random)
    var input = MergeInput(
      base: random.below(6) == 0
        ? .never
        : .fields(
          Sides(left: before, right: random.below(3) == 0 ? fields(&random) : before)),
      seen: Sides(left: observation(&random), right: observation(&random)),
      policy: MergePolicy(standard: rule(&random), skew: Int64(random.below(2))))
    for name in names where random.below(3) == 0 { input.policy.fields[name] = rule(&random) }
    if random.below(4) == 0 { input.abilities.left.canUpdate = false }
    if random.below(4) == 0 { input.abilities.right.canUpdate = false }
    for name in names where random.below(2) == 0 {
      let picks: [Choice.Pick] = [.left, .right, .base, .value(c)]
      // Some choices were made on other values than those that stand now.
      let isFresh = random.below(3) > 0
      input.choices.append(
        Choice(
          field: name, pick: picks[random.below(4)],
          seen: input.seen.map {
            .value(isFresh ? $0.fields[name] ?? .null : .text("older"))
          }))
    }
    return input
  }
}

/// Numbers that are the same for the same seed, on every machine.
struct SplitRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

extension MergeInput {
  /// The same with the sides swapped.
  fileprivate var mirrored: MergeInput {
    var other = self
    if case .fields(let fields) = base { other.base = .fields(fields.mirrored) }
    other.seen = seen.mirrored
    other.policy.standard = policy.standard.mirrored
    other.policy.fields = policy.fields.mapValues(\.mirrored)
    other.policy.onDelete = policy.onDelete.mirrored
    other.abilities = abilities.mirrored
    other.matches = matches.mirrored
    other.choices = choices.map {
      let pick: Choice.Pick =
        switch $0.pick {
        case .left: .right
        case .right: .left
        default: $0.pick
        }
      return Choice(field: $0.field, pick: pick, seen: $0.seen.mirrored)
    }
    return other
  }
}

extension MergePolicy.Field {
  fileprivate var mirrored: MergePolicy.Field {
    var other = self
    switch conflict {
    case .leftWins: other.conflict = .rightWins
    case .rightWins: other.conflict = .leftWins
    default: break
    }
    switch direction {
    case .leftToRight: other.direction = .rightToLeft
    case .rightToLeft: other.direction = .leftToRight
    case .both: break
    }
    return other
  }
}

extension MergePlan {
  fileprivate var mirrored: MergePlan {
    var other = self
    let pairs: [(Action, Action)] = [
      (.createLeft, .createRight), (.deleteLeft, .deleteRight), (.restoreLeft, .restoreRight),
    ]
    for (left, right) in pairs {
      if action == left { other.action = right }
      if action == right { other.action = left }
    }
    other.fetch = fetch.map(\.other)
    other.set = set.mirrored
    if case .fields(let fields) = base { other.base = .fields(fields.mirrored) }
    other.conflicts = conflicts.map {
      Conflict(
        field: $0.field, kind: $0.kind, base: $0.base?.mirrored, values: $0.values.mirrored)
    }
    other.losses = losses.map {
      Loss(field: $0.field, kind: $0.kind, side: $0.side.other, value: $0.value)
    }
    return other
  }
}
