import java.io.*;
import java.lang.reflect.Field;
import java.math.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.event.*;
import org.apache.velocity.context.Context;
import org.apache.velocity.runtime.*;
import org.apache.velocity.util.introspection.Info;

/**
 * Renders templates, a line each in base64, with Apache Velocity 1.7; what is null or invalid prints as nothing.
 * Answers a line each: OK and the output in base64; PARSE or RENDER and the class of the error; HANG.
 */
public class Velocity {
  static final int SECONDS = 10;
  static final long STACK = 64 << 20;

  static class Nothing implements ReferenceInsertionEventHandler, InvalidReferenceEventHandler {
    public Object referenceInsert(String reference, Object value) { return value == null ? "" : value; }
    public Object invalidGetMethod(Context c, String r, Object o, String p, Info i) { return ""; }
    public boolean invalidSetMethod(Context c, String l, String r, Info i) { return false; }
    public Object invalidMethod(Context c, String r, Object o, String m, Info i) { return ""; }
  }

  static RuntimeInstance engine() {
    RuntimeInstance engine = new RuntimeInstance();
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.setProperty("file.resource.loader.path", "/nonexistent");
    engine.setProperty("velocimacro.library", "");
    engine.setProperty("parser.pool.size", 1);
    engine.init();
    return engine;
  }

  /** Macros stay in the engine and the parser that have seen them; a new engine for each template takes too long. */
  static void forgetMacros(RuntimeInstance engine) throws Exception {
    VelocimacroFactory macros = new VelocimacroFactory(engine);
    macros.initVelocimacro();
    replace(engine, "vmFactory", macros);
    ParserPool parsers = new ParserPoolImpl();
    parsers.initialize(engine);
    replace(engine, "parserPool", parsers);
  }

  static void replace(RuntimeInstance engine, String name, Object value) throws Exception {
    Field field = RuntimeInstance.class.getDeclaredField(name);
    field.setAccessible(true);
    field.set(engine, value);
  }

  /** The variables of tests/unit/vtl/support.py. */
  static VelocityContext variables() {
    Map<String, Object> inner = new LinkedHashMap<>();
    inner.put("d", new ArrayList<Object>(Arrays.asList(1, "x")));
    inner.put("nul", null);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("a", 1); map.put("b", "two"); map.put("c", inner); map.put("x-y", "xy");
    VelocityContext all = new VelocityContext();
    all.put("v", "V"); all.put("n", 5); all.put("s", "hello"); all.put("b", true); all.put("f", false);
    all.put("d", 1.5); all.put("big", new BigInteger("12345678901234567890"));
    all.put("dec", new BigDecimal("1.10")); all.put("long", 123456789012L); all.put("z", 0); all.put("e", "");
    all.put("l", new ArrayList<Object>(Arrays.asList(1, 2, 3))); all.put("m", map);
    EventCartridge handlers = new EventCartridge();
    handlers.addEventHandler(new Nothing());
    handlers.attachToContext(all);
    return all;
  }

  static String rendered(RuntimeInstance engine, String template) {
    StringWriter out = new StringWriter();
    try {
      forgetMacros(engine);
      engine.evaluate(variables(), out, "t", new StringReader(template));
      return "OK " + Base64.getEncoder().encodeToString(out.toString().getBytes(StandardCharsets.UTF_8));
    } catch (Throwable error) {
      return (whileRendering(error) ? "RENDER " : "PARSE ") + cause(error).getClass().getSimpleName();
    }
  }

  /** Whether the template had been read: literals are parsed when a template is prepared, before it runs. */
  static boolean whileRendering(Throwable error) {
    for (Throwable each = error; each != null; each = each.getCause()) {
      for (StackTraceElement frame : each.getStackTrace()) {
        String name = frame.getClassName();
        if (frame.getMethodName().equals("render") && name.matches(".*\\.(parser\\.node|directive)\\..*")) return true;
      }
    }
    return error instanceof StackOverflowError;
  }

  static Throwable cause(Throwable error) {
    return error.getCause() == null || error.getCause() == error ? error : cause(error.getCause());
  }

  static ExecutorService worker() {
    return Executors.newSingleThreadExecutor(task -> {
      Thread thread = new Thread(null, task, "t", STACK);
      thread.setDaemon(true);
      return thread;
    });
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false);
    RuntimeInstance engine = engine();
    ExecutorService worker = worker();
    for (String line; (line = in.readLine()) != null; ) {
      String template = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
      RuntimeInstance current = engine;
      try {
        out.println(worker.submit(() -> rendered(current, template)).get(SECONDS, TimeUnit.SECONDS));
      } catch (TimeoutException late) {
        out.println("HANG");
        worker = worker();
        engine = engine();
      }
      if (!in.ready()) out.flush();
    }
    out.flush();
    System.exit(0);
  }
}
