import NIOCore

/// Holds a connection to its `RequestAllowance`: counts the bytes before they are parsed, and tells the handler of requests
/// when time or bytes are used up.
final class RequestLimitHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Told down the pipeline, once: nothing that comes after it is handed on.
    enum Exceeded {
        case time(RequestAllowance.Phase)
        case bytes(RequestAllowance.Phase)
    }

    /// The handler of requests says in here how far the request is.
    var allowance: RequestAllowance
    private var context: ChannelHandlerContext?
    private var timer: (task: Scheduled<Void>, due: NIODeadline)?
    private var isExceeded = false

    init(limits: RequestAllowance.Limits, openedAt now: NIODeadline) {
        allowance = RequestAllowance(limits: limits, openedAt: now)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        arm(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.task.cancel()
    }

    /// The allowance was changed outside of what comes in.
    func rearm() {
        if let context { arm(context: context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isExceeded else { return }
        allowance.receive(unwrapInboundIn(data).readableBytes, at: context.eventLoop.now)
        context.fireChannelRead(data)
        if allowance.isOverdrawn { exceed(.bytes(allowance.phase), context: context) } else { arm(context: context) }
    }

    private func exceed(_ what: Exceeded, context: ChannelHandlerContext) {
        guard !isExceeded else { return }
        isExceeded = true
        timer?.task.cancel()
        context.fireUserInboundEventTriggered(what)
    }

    /// A timer that runs out looks again; so it needs no change for a deadline that is later.
    private func arm(context: ChannelHandlerContext) {
        guard !isExceeded, let deadline = allowance.deadline else { return }
        if let timer {
            guard deadline < timer.due else { return }
            timer.task.cancel()
        }
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = here.value
            handler.timer = nil
            if handler.allowance.isOverdue(at: context.eventLoop.now) {
                handler.exceed(.time(handler.allowance.phase), context: context)
            } else {
                handler.arm(context: context)
            }
        }
        timer = (task, deadline)
    }
}
