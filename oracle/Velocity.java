import java.io.*;
import java.math.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.velocity.*;
import org.apache.velocity.app.*;
import org.apache.velocity.app.event.*;
import org.apache.velocity.context.Context;
import org.apache.velocity.exception.*;
import org.apache.velocity.util.introspection.Info;

/** Renders templates, a line each in base64, with Apache Velocity 1.7; what is null or invalid prints as nothing. */
public class Velocity {
  static class Nothing implements ReferenceInsertionEventHandler, InvalidReferenceEventHandler {
    public Object referenceInsert(String reference, Object value) { return value == null ? "" : value; }
    public Object invalidGetMethod(Context c, String r, Object o, String p, Info i) { return ""; }
    public boolean invalidSetMethod(Context c, String l, String r, Info i) { return false; }
    public Object invalidMethod(Context c, String r, Object o, String m, Info i) { return ""; }
  }

  static VelocityEngine engine() {
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.setProperty("file.resource.loader.path", "/nonexistent");
    engine.setProperty("velocimacro.library", "");
    engine.init();
    return engine;
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

  static String rendered(VelocityEngine engine, String template) {
    StringWriter out = new StringWriter();
    try {
      engine.evaluate(variables(), out, "t", new StringReader(template));
      return "OK " + Base64.getEncoder().encodeToString(out.toString().getBytes(StandardCharsets.UTF_8));
    } catch (Throwable error) {
      return "ERROR";
    }
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    VelocityEngine shared = engine();
    for (String line; (line = in.readLine()) != null; ) {
      String template = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
      // Macros stay in the engine that has seen them.
      boolean fresh = template.contains("macro") || template.contains("@");
      String[] result = {"HANG"};
      Thread thread = new Thread(null, () -> result[0] = rendered(fresh ? engine() : shared, template), "t", 64 << 20);
      thread.setDaemon(true);
      thread.start();
      thread.join(5000);
      System.out.println(result[0]);
    }
    System.exit(0);
  }
}
