import Domain

/// A category that records are filed under. Those the service brings along keep their names.
protocol FilingCategory: Identified {
  var name: String { get set }
  var isSystem: Bool { get }
  init(id: Int32, name: String, isSystem: Bool)
}

/// The categories of one resource: listed, added, shown and renamed in the same way wherever the
/// service has them.
struct CategoryRoutes<Category: FilingCategory>: Sendable {
  typealias Writing = @Sendable (BuildiumState, Category, inout MessageWriter) -> Void

  let path: String
  let resource: BuildiumResource
  /// `Task`, as its events begin.
  let name: String
  let table: WritableKeyPath<BuildiumState, Table<Category>> & Sendable
  let write: Writing

  private var title: String { "\(name.lowercased()) category" }
  private static var keys: SortKeys<Category> {
    ["id": { .id($0.id) }, "name": { .text($0.name) }]
  }

  var all: [Route] {
    [
      .get(path, resource, "paging") { (state, call) throws(Refusal) in
        try state.list(state[keyPath: table].rows, call, Self.keys) { write(state, $1, &$0) }
      },
      .send("POST", path, resource, "Category") { (state, call) throws(Refusal) in
        let text = call.body.text("Name") ?? ""
        let id = state[keyPath: table].add { Category(id: $0, name: text, isSystem: false) }
        state.announce("\(name)Category.Created", "\(name)CategoryId", id, at: call.now)
        let category = try state.find(state[keyPath: table], id, title)
        return state.created("\(path)/\(id)") { write(state, category, &$0) }
      },
      .get("\(path)/#", resource) { (state, call) throws(Refusal) in
        let category = try state.find(state[keyPath: table], call.id(0), title)
        return state.object { write(state, category, &$0) }
      },
      .send("PUT", "\(path)/#", resource, "Category") { (state, call) throws(Refusal) in
        var category = try state.find(state[keyPath: table], call.id(0), title)
        if category.isSystem {
          throw Refusal.unprocessable(
            "\(name.lowercased())CategoryId", "a system category cannot be changed")
        }
        category.name = call.body.text("Name") ?? ""
        let changed = category
        state[keyPath: table].update(changed.id) { $0 = changed }
        state.announce("\(name)Category.Updated", "\(name)CategoryId", changed.id, at: call.now)
        return state.object { write(state, changed, &$0) }
      },
    ]
  }
}
