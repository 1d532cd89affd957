import Domain

/// What is known and under way of one pair of records, and what each event makes of it.
///
/// No input or output, no clock, no order that is not the same every time: the engine loads a pair
/// from the store, takes a step, and stores the result in one transaction; the simulation does the
/// same in memory. Everything that must never break about a single pair is decided here.
public struct PairMachine: Sendable, Hashable {
  /// What both sides last agreed on.
  public var base: MergeBase
  /// What each side showed last; ``Observation/unseen`` when it must be read first.
  public var seen: Sides<Observation>
  /// The write that is under way, by the side it goes to. No step plans anything while one is open.
  public var writes: Sides<PairWrite?>
  /// What waits for a person.
  public var conflicts: [MergePlan.Conflict]
  /// What persons chose and what is not settled yet.
  public var choices: [Choice]
  /// What a side refused, by what was to be written: it is not sent again until it changes.
  public var refused: Sides<FieldValues?>
  /// The fields a person is asked about again, because a side refused what they chose. The other side
  /// may have taken it by then, so the base alone would not say that both differ.
  public var asked: Set<String>

  /// A pair of which nothing is known.
  public init(base: MergeBase = .never) {
    self.base = base
    seen = Sides(both: .unseen)
    writes = Sides(both: nil)
    (conflicts, choices, refused, asked) = ([], [], Sides(both: nil), [])
  }

  /// Whether a write is under way.
  public var isBusy: Bool { writes.left != nil || writes.right != nil }
}

/// A write to one side. It is durable before its first byte leaves.
public struct PairWrite: Sendable, Hashable {
  /// What happens to the record there.
  public enum Action: String, Sendable, Hashable { case create, update, delete }

  /// What is known of its fate.
  public enum Phase: Sendable, Hashable {
    /// It is on its way, or about to be.
    case inFlight
    /// It may have landed; so many looks did not find it.
    case doubt(looks: Int)
  }

  /// What happens to the record there.
  public var action: Action
  /// The values that are sent.
  public var fields: FieldValues
  /// What the plan took the side to hold: the write leaves only if it still does.
  public var expected: FieldValues
  /// What the base becomes in the fields of this write, and in no others, once it has landed.
  public var agreed: Sides<FieldValues>
  /// The values that leave live data by it.
  public var losses: [MergePlan.Loss]
  /// What is known of its fate.
  public var phase: Phase = .inFlight
}

/// Something that happened to a pair.
public enum PairEvent: Sendable, Hashable {
  /// A side was read.
  case saw(Side, Observation)
  /// Time to decide, by these rules.
  case look(PairRules)
  /// A write was answered.
  case answered(Side, PairAnswer)
  /// Somebody looked for what became of a write in doubt.
  case probed(Side, Observation)
  /// The program ended and began again: what was on its way may have landed.
  case restarted
  /// The right side keeps a field in another column than before: what that one shows was never agreed
  /// on, and an empty cell there was emptied by nobody.
  case renewed(field: String)
}

/// How a side answered a write.
public enum PairAnswer: Sendable, Hashable {
  /// It is there as it was sent.
  case landed
  /// It will not be taken as it is.
  case refused
  /// It may have landed or not.
  case doubt
  /// It did not land, and may be sent again.
  case notSent
  /// The side holds something else than expected; nothing was sent.
  case stale(Observation)
}

/// What the rules say of a pair, at the moment it is looked at.
public struct PairRules: Sendable, Hashable {
  /// Which way fields flow and who decides.
  public var policy: MergePolicy
  /// What each side lets be done.
  public var abilities: Sides<Abilities>
  /// How many records of each side carry the same natural key.
  public var matches: Sides<Int>
  /// Whether what the record links to is there.
  public var isParentLinked: Bool
  /// The sides that may be written to now.
  public var isOpen: Sides<Bool>

  /// Rules; by default everything may be done.
  public init(
    policy: MergePolicy = MergePolicy(), abilities: Sides<Abilities> = Sides(both: Abilities()),
    matches: Sides<Int> = Sides(both: 1), isParentLinked: Bool = true,
    isOpen: Sides<Bool> = Sides(both: true)
  ) {
    (self.policy, self.abilities, self.matches) = (policy, abilities, matches)
    (self.isParentLinked, self.isOpen) = (isParentLinked, isOpen)
  }
}

/// What is to be done about a step, in this order and together with storing the pair.
public enum PairEffect: Sendable, Hashable {
  /// The side must be read.
  case read(Side)
  /// The value leaves live data: it is put on record in the same transaction.
  case lose(MergePlan.Loss)
  /// Make the write durable, read the side once more, send.
  case send(Side, PairWrite)
  /// Look for what became of the write, before anything else is sent.
  case probe(Side, PairWrite)
  /// A value was overwritten at a side.
  case wrote(Side, field: String, old: FieldValue, new: FieldValue)
  /// A record was made at a side.
  case made(Side)
  /// A difference waits for a person now.
  case opened(MergePlan.Conflict)
  /// A difference does not wait any more.
  case closed(MergePlan.Conflict)
  /// A person's choice was made on other values than those that stand now.
  case stale(Choice)
  /// A side refused a write: a person must look.
  case refused(Side, PairWrite)
  /// What a person chose was refused by a side: they are asked again.
  case returned(Choice, by: Side)
  /// The pair is given up: deleted on both sides, or detached.
  case ended(MergePlan.Action)
}

extension PairEffect {
  /// Whether a person's choice came back.
  var isReturn: Bool { if case .returned = self { true } else { false } }
}

extension PairMachine {
  /// How many looks must fail before what is not found counts as not there. One would do if lists
  /// showed at once what was made.
  public static let looksMax = 2

  /// Takes one step.
  public mutating func step(_ event: PairEvent) -> [PairEffect] {
    switch event {
    case .saw(let side, let observation):
      seen[side] = observation
      return []
    case .restarted:
      // Looks count anew: how long ago an earlier one was is not known, and two that follow each other
      // at once are one.
      for side in Side.allCases where writes[side] != nil {
        writes[side]?.phase = .doubt(looks: 0)
      }
      return []
    case .look(let rules): return look(rules)
    case .answered(let side, let answer): return take(answer, from: side)
    case .probed(let side, let observation): return settle(side, found: observation)
    case .renewed(let field):
      forget(field)
      return []
    }
  }

  private mutating func forget(_ field: String) {
    if case .fields(var known) = base {
      for side in Side.allCases { known[side][field] = nil }
      base = .fields(known)
    }
    seen.right.fields[field] = nil
    for side in Side.allCases {
      writes[side]?.fields[field] = nil
      writes[side]?.expected[field] = nil
      for one in Side.allCases { writes[side]?.agreed[one][field] = nil }
      refused[side]?[field] = nil
    }
    choices.removeAll { $0.field == field }
    asked.remove(field)
  }

  // MARK: Deciding

  private mutating func look(_ rules: PairRules) -> [PairEffect] {
    // What is under way is settled before anything else is planned.
    if isBusy {
      return Side.allCases.compactMap { side in
        guard let write = writes[side], case .doubt = write.phase else { return nil }
        return .probe(side, write)
      }
    }
    let plan = merge(
      MergeInput(
        base: base, seen: seen, policy: rules.policy, abilities: rules.abilities,
        matches: rules.matches, isParentLinked: rules.isParentLinked, choices: choices,
        asked: asked))
    if plan.fetch.isEmpty {
      asked = asked.filter { name in
        plan.conflicts.contains { $0.field == name } || plan.skipped.contains(name)
          || Side.allCases.contains { plan.set[$0][name] != nil }
      }
    }
    var effects: [PairEffect] = plan.fetch.map(PairEffect.read)
    effects += hold(plan.conflicts)
    for field in plan.staleChoices {
      guard let index = choices.lastIndex(where: { $0.field == field }) else { continue }
      effects.append(.stale(choices[index]))
      choices.removeAll { $0.field == field }
    }
    switch plan.action {
    case .none where plan.conflicts.isEmpty:
      // Nothing is open: a choice that was made is carried out or has become pointless.
      choices = []
      return effects
    case .none, .fetch, .conflictRecord, .deferParent, .blocked: return effects
    case .deleteLeft, .deleteRight:
      let side: Side = plan.action == .deleteLeft ? .left : .right
      guard rules.isOpen[side] else { return effects }
      return effects
        + start(
          PairWrite(
            action: .delete, fields: [:], expected: seen[side].fields,
            agreed: Sides(both: [:]), losses: plan.losses), on: side)
    case .detach, .forget:
      base = .tombstone
      choices = []
      return effects + plan.losses.map(PairEffect.lose) + [.ended(plan.action)]
    case .adopt, .link, .update, .createLeft, .createRight, .restoreLeft, .restoreRight:
      return effects + begin(plan, rules)
    }
  }

  /// The base follows at once where nothing is to be written; where something is, it follows the
  /// write.
  private mutating func begin(_ plan: MergePlan, _ rules: PairRules) -> [PairEffect] {
    guard case .fields(let next) = plan.base else { return [] }
    var before = Sides<FieldValues>(both: [:])
    if case .fields(let known) = base { before = known }
    let made: Side? =
      switch plan.action {
      case .createLeft, .restoreLeft: .left
      case .createRight, .restoreRight: .right
      default: nil
      }
    if let made {
      guard rules.isOpen[made], refused[made] != plan.set[made] else { return [] }
      let own = PairWrite(
        action: .create, fields: plan.set[made], expected: [:], agreed: next, losses: plan.losses)
      return start(own, on: made)
    }
    let written = Set(plan.set.left.keys).union(plan.set.right.keys)
    var adopted = before
    for side in Side.allCases {
      for name in Set(before[side].keys).union(next[side].keys) where !written.contains(name) {
        adopted[side][name] = next[side][name]
      }
    }
    base = .fields(adopted)
    var effects: [PairEffect] = []
    for side in Side.allCases {
      effects += update(side, plan, before: before, next: next, rules)
    }
    return effects
  }

  private mutating func update(
    _ side: Side, _ plan: MergePlan, before: Sides<FieldValues>, next: Sides<FieldValues>,
    _ rules: PairRules
  ) -> [PairEffect] {
    // A value that goes to both sides goes to the left first; the right follows from there.
    let names = plan.set[side].keys.filter { side == .left || plan.set.left[$0] == nil }.sorted()
    guard !names.isEmpty, rules.isOpen[side] else { return [] }
    var write = PairWrite(
      action: .update, fields: [:], expected: [:], agreed: Sides(both: [:]), losses: [])
    for name in names {
      write.fields[name] = plan.set[side][name]
      write.expected[name] = seen[side].fields[name] ?? .null
      if plan.set[side.other][name] == nil {
        for one in Side.allCases { write.agreed[one][name] = next[one][name] ?? .null }
      } else {
        // Both sides are overwritten, one after the other. What both held is put on record, and what
        // the other side holds becomes the base of both, so that the side written first is the one
        // that changed, whatever its service made of the value.
        let held = seen[side.other].fields[name] ?? .null
        for one in Side.allCases { write.agreed[one][name] = held }
      }
    }
    guard refused[side] != write.fields else { return [] }
    write.losses = plan.losses.filter { $0.field.map(names.contains) ?? true }
    return start(write, on: side)
  }

  private mutating func start(_ write: PairWrite, on side: Side) -> [PairEffect] {
    writes[side] = write
    refused[side] = nil
    return write.losses.map(PairEffect.lose) + [.send(side, write)]
  }

  /// Brings what is held open in line with what the merge says now.
  private mutating func hold(_ now: [MergePlan.Conflict]) -> [PairEffect] {
    var effects: [PairEffect] = []
    for conflict in conflicts where !now.contains(where: { $0.field == conflict.field }) {
      effects.append(.closed(conflict))
    }
    for conflict in now where !conflicts.contains(conflict) { effects.append(.opened(conflict)) }
    conflicts = now
    return effects
  }

  // MARK: Settling

  private mutating func take(_ answer: PairAnswer, from side: Side) -> [PairEffect] {
    guard let write = writes[side] else { return [] }
    switch answer {
    case .landed: return land(write, on: side, seen: nil)
    case .doubt:
      writes[side]?.phase = .doubt(looks: 0)
      return []
    case .notSent:
      writes[side] = nil
      return []
    case .refused:
      writes[side] = nil
      return [.refused(side, write)] + giveBack(write, refusedBy: side)
    case .stale(let observation):
      writes[side] = nil
      seen[side] = observation
      return []
    }
  }

  /// What a person chose is asked again; the rest of the write is planned anew without it. A write
  /// without choices is not sent again as it is.
  private mutating func giveBack(_ write: PairWrite, refusedBy side: Side) -> [PairEffect] {
    let returned = choices.filter { choice in
      choice.field.map { write.fields[$0] != nil } ?? (write.action != .update)
    }
    refused[side] = returned.isEmpty ? write.fields : nil
    choices.removeAll { returned.contains($0) }
    asked.formUnion(returned.compactMap(\.field))
    return returned.map { .returned($0, by: side) }
  }

  /// The base moves to what was sent, never to what is seen, and only in the fields of this write.
  private mutating func land(
    _ write: PairWrite, on side: Side, seen found: Observation?
  ) -> [PairEffect] {
    writes[side] = nil
    refused[side] = nil
    var effects: [PairEffect] = []
    if write.action == .delete {
      base = .tombstone
      seen[side] = .absent
      choices = []
      return [.ended(.delete(side))]
    }
    if write.action == .create { effects.append(.made(side)) }
    var next = Sides<FieldValues>(both: [:])
    if case .fields(let known) = base, write.action == .update { next = known }
    for one in Side.allCases {
      for (name, value) in write.agreed[one] { next[one][name] = value }
    }
    base = .fields(next)
    for name in write.fields.keys.sorted() {
      let value = write.fields[name] ?? .null
      if write.action == .update {
        effects.append(
          .wrote(side, field: name, old: write.expected[name] ?? .null, new: value))
      }
      choices.removeAll { $0.field == name && write.agreed[side][name] == value }
      asked.remove(name)
    }
    if write.action == .create { choices.removeAll { $0.field == nil } }
    if let found {
      seen[side] = found
    } else {
      var fields = write.action == .create ? [:] : seen[side].fields
      for (name, value) in write.fields { fields[name] = value }
      seen[side] = Observation(
        fields: fields, edited: seen[side].edited, unreadable: seen[side].unreadable)
    }
    return effects
  }

  /// Concludes a write in doubt from what its side shows now.
  private mutating func settle(_ side: Side, found: Observation) -> [PairEffect] {
    guard let write = writes[side], case .doubt(let looks) = write.phase else { return [] }
    func lookAgain() -> [PairEffect]? {
      guard looks + 1 < Self.looksMax else { return nil }
      writes[side]?.phase = .doubt(looks: looks + 1)
      return []
    }
    switch write.action {
    case .create:
      if found.isPresent { return land(write, on: side, seen: found) }
      if let again = lookAgain() { return again }
    case .delete:
      if !found.isPresent { return land(write, on: side, seen: nil) }
      if let again = lookAgain() { return again }
    case .update:
      let isThere =
        found.isPresent
        && write.fields.allSatisfy { (found.fields[$0.key] ?? .null) == $0.value }
      if isThere { return land(write, on: side, seen: found) }
      if let again = lookAgain() { return again }
    }
    // It did not land, or what it wrote was changed since. The base stays, so a value a person put
    // there since meets the other side's as a conflict, and everything else is planned anew.
    writes[side] = nil
    seen[side] = found
    return []
  }
}
