// What the page says, in English and in Chinese.

const words = {
  en: {
    connectTitle: "Look at your bot's webhooks",
    connectText: "Requests appear here as they come. The secret stays in this page: it is sent in a header, and never stands in an address.",
    secret: "Bot secret", remember: "Remember until this tab is closed", connect: "Connect", disconnect: "Disconnect",
    off: "Not connected", live: "Live", trying: "Connecting…", refusedByRelay: "The relay refused: ", ended: "Ended",
    notOfTheRelay: "HTTP {status}, and not from the relay: something before it answers.",
    redirected: "What stands before the relay redirects, as to a sign-on: load this page again.",
    unreachable: "The last attempts came to nothing but an error: the relay is away, or something before it lets nothing through.",
    noAnswer: "The relay has not answered within {seconds} seconds.",
    secretCharacters: "A secret must be of visible ASCII characters, without spaces, to travel in a header. Nothing was sent.",
    socketsCount: "Sockets", deliveredCount: "Deliveries", botsCount: "Bots",
    tools: "Tools", search: "Search  ( / )", type: "Type", allTypes: "All types", refusedOnly: "Refused only",
    pause: "Pause", resume: "Resume", testEvent: "Send test event", exportJSON: "Export JSON", clear: "Clear",
    events: "Events", details: "Details", time: "Time", platform: "Platform", text: "Text", sender: "Sender",
    size: "Size", check: "Check", empty: "Nothing yet. Send your bot a message, or a test event.",
    emptyFilter: "Nothing fits the search.", keys: "j k move · Enter open · / search · Space pause · Esc close",
    kept: "{shown} of {all} shown", dropped: "{count} older ones were let go",
    waitingWhilePaused: "{count} waiting", lost: "Events between here and there were lost by the relay ({reason}).",
    refused: "refused", waiting: "waiting", replayed: "replay", verified: "verified", accepted: "accepted",
    close: "Close", message: "Message", request: "Request", body: "Body", timing: "Timing",
    receivers: "Received by", reply: "Reply", pretty: "Pretty", raw: "Text", hex: "Hex", emptyBody: "Empty body.",
    fetching: "Fetching the exact bytes…", inexact: "The relay keeps this event no more: line breaks may have been others.",
    inexactSince: "Line breaks may have been others: the relay did not give the exact bytes. {reason}",
    truncated: "Only the beginning of the body is here.", truncatedAnswer: "Only the beginning of the answer is here.", fields: "Attributes", reason: "Reason",
    conversation: "Conversation", position: "Position", identity: "Id", replayOf: "Replay of", attempt: "Attempt",
    checkOf: {
      qq: "Ed25519 signature verified", wechat: "Signature verified", messenger: "HMAC-SHA256 verified",
      dialogflow: "Credential verified", generic: "Accepted by the scheme in the webhook's URL",
      other: "Accepted by ingress", refused: "Refused by ingress",
    },
    replayOfVerified: "A replay of a request that was verified; the replay is not", replayOfAccepted: "A replay of a request that was accepted",
    receivedAt: "Received by ingress", publishedAt: "Reached egress", deliveredAt: "Written to clients", shownAt: "Shown here", after: "{ms} ms",
    nobody: "No client has been seen to receive it while this page looked.", node: "node",
    protocol: { raw: "WebSocket", envelope: "WebSocket (envelopes)", events: "Event stream", gateway: "QQ gateway" }, filtered: "with a filter",
    replyOpen: "The request waits for an answer:",
    unknownReply: "The time for an answer is over. What the answer was has not been seen here.",
    replyText: "Text of the answer", sendReply: "Answer", replySent: "Answered.", timeLeft: "{seconds} s left",
    outcome: { replied: "answered by a bot", deadline: "nobody answered in time", nobody_online: "no bot was online", client_gone: "the platform hung up", draining: "the node stopped", elsewhere: "repeated on another node", not_stored: "its event could not be stored", too_many: "too many requests waited" },
    replay: "Replay", replayEdited: "Edit and replay", copyCurl: "Copy as curl", copied: "Copied",
    copyJSON: "Copy JSON", replaySent: "Published again at {position}.", editTitle: "Replay with another body",
    consumer: "Only to the consumer (optional)", cancel: "Cancel", send: "Send", testTitle: "Send a signed test event",
    testText: "The relay signs a QQ group message with your secret, checks it, and publishes it to every socket of the bot.",
    testDefault: "Hello from the inspector", failed: "That failed: ", themeAuto: "Theme: system", themeLight: "Theme: light", themeDark: "Theme: dark",
    languageName: "中文",
  },
  zh: {
    connectTitle: "查看机器人的 Webhook 请求",
    connectText: "请求到达时会实时显示在这里。密钥只保存在本页面中：通过请求头发送，绝不会出现在网址里。",
    secret: "机器人密钥 (Secret)", remember: "在关闭此标签页前记住", connect: "连接", disconnect: "断开",
    off: "未连接", live: "实时", trying: "正在连接…", refusedByRelay: "中继拒绝了请求：", ended: "已结束",
    notOfTheRelay: "HTTP {status}，且并非来自中继：由中继前面的服务应答。",
    redirected: "中继前面的服务发来重定向，可能需要重新登录：请重新加载本页面。",
    unreachable: "最近几次请求只得到错误：中继无法访问，或其前面的服务拦截了请求。",
    noAnswer: "中继在 {seconds} 秒内没有应答。",
    secretCharacters: "密钥必须由可见的 ASCII 字符组成（不含空格），才能通过请求头发送。未发送任何内容。",
    socketsCount: "连接", deliveredCount: "投递", botsCount: "机器人",
    tools: "工具", search: "搜索  ( / )", type: "类型", allTypes: "所有类型", refusedOnly: "仅被拒绝的",
    pause: "暂停", resume: "继续", testEvent: "发送测试事件", exportJSON: "导出 JSON", clear: "清空",
    events: "事件", details: "详情", time: "时间", platform: "平台", text: "文本", sender: "发送者",
    size: "大小", check: "校验", empty: "暂无事件。给机器人发条消息，或发送一个测试事件。",
    emptyFilter: "没有符合搜索条件的事件。", keys: "j k 移动 · Enter 打开 · / 搜索 · 空格 暂停 · Esc 关闭",
    kept: "显示 {shown} / {all}", dropped: "已丢弃 {count} 个较早的事件",
    waitingWhilePaused: "{count} 个等待显示", lost: "此处与之前之间的事件已在中继丢失（{reason}）。",
    refused: "已拒绝", waiting: "等待回复", replayed: "重放", verified: "已验证", accepted: "已接受",
    close: "关闭", message: "消息", request: "请求", body: "正文", timing: "时间线",
    receivers: "接收方", reply: "回复", pretty: "格式化", raw: "文本", hex: "十六进制", emptyBody: "正文为空。",
    fetching: "正在获取原始字节…", inexact: "中继已不再保留此事件：换行符可能与原文不同。",
    inexactSince: "换行符可能与原文不同：中继未提供原始字节。{reason}",
    truncated: "此处只有正文的开头部分。", truncatedAnswer: "此处只有回复的开头部分。", fields: "属性", reason: "原因",
    conversation: "会话", position: "位置", identity: "ID", replayOf: "重放自", attempt: "尝试次数",
    checkOf: {
      qq: "Ed25519 签名验证通过", wechat: "签名验证通过", messenger: "HMAC-SHA256 验证通过",
      dialogflow: "凭据验证通过", generic: "按 Webhook 网址中的方案接受",
      other: "入口节点已接受", refused: "被入口节点拒绝",
    },
    replayOfVerified: "重放自一个已验证的请求；重放本身未经验证", replayOfAccepted: "重放自一个已接受的请求",
    receivedAt: "入口节点收到", publishedAt: "到达出口节点", deliveredAt: "写入客户端", shownAt: "在此显示", after: "{ms} 毫秒",
    nobody: "本页面打开期间未观察到客户端接收它。", node: "节点",
    protocol: { raw: "WebSocket", envelope: "WebSocket（信封）", events: "事件流", gateway: "QQ 网关" }, filtered: "有过滤",
    replyOpen: "请求正在等待回复：",
    unknownReply: "回复时间已过，本页面未看到回复内容。",
    replyText: "回复文本", sendReply: "回复", replySent: "已回复。", timeLeft: "剩余 {seconds} 秒",
    outcome: { replied: "机器人已回复", deadline: "超时未回复", nobody_online: "没有机器人在线", client_gone: "平台已断开", draining: "节点停止", elsewhere: "在其他节点重复", not_stored: "事件未能存储", too_many: "等待的请求过多" },
    replay: "重放", replayEdited: "编辑并重放", copyCurl: "复制为 curl", copied: "已复制",
    copyJSON: "复制 JSON", replaySent: "已重新发布于 {position}。", editTitle: "用其他正文重放",
    consumer: "仅发给消费者（可选）", cancel: "取消", send: "发送", testTitle: "发送签名的测试事件",
    testText: "中继用你的密钥签名一条 QQ 群消息，校验后发布给该机器人的所有连接。",
    testDefault: "来自检查器的问候", failed: "失败：", themeAuto: "主题：跟随系统", themeLight: "主题：浅色", themeDark: "主题：深色",
    languageName: "English",
  },
};

// Outside of a browser, where the rules are tried, nobody says a language.
let language = remembered() ?? (globalThis.navigator?.languages ?? []).map((tag) => tag.slice(0, 2).toLowerCase())
  .find((tag) => tag in words) ?? "en";

function remembered() {
  try {
    const known = localStorage.getItem("hookwire.language");
    return known in words ? known : undefined;
  } catch {
    return undefined;
  }
}

/** The words of a name (`a.b` goes a level down), with what stands in braces filled in. */
export function t(name, values = {}) {
  const text = name.split(".").reduce((level, part) => level?.[part], words[language]) ?? name.split(".").pop();
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** Adds a page's own words: `{en: {…}, zh: {…}}`. */
export function addWords(more) {
  for (const tag of Object.keys(words)) Object.assign(words[tag], more[tag]);
}

/** Goes over to the other language. */
export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  try {
    localStorage.setItem("hookwire.language", language);
  } catch {
    // Storage may be off: the choice then lasts as long as the page.
  }
  fillWords();
}

/** Fills in all words of the page itself. */
export function fillWords() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const node of document.querySelectorAll("[data-hint]")) node.setAttribute("placeholder", t(node.dataset.hint));
}
