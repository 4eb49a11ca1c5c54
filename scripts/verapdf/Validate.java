import java.io.FileInputStream;
import java.io.InputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Says of each file whether it is PDF/UA-1, and which clauses it breaks where; exits 1 where one is not. */
public class Validate {
    private static final PDFAFlavour UA = PDFAFlavour.PDFUA_1;

    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean good = true;
        for (String file : files) {
            try (InputStream in = new FileInputStream(file);
                    PDFAParser parser = Foundries.defaultInstance().createParser(in, UA);
                    PDFAValidator validator = Foundries.defaultInstance().createValidator(UA, false)) {
                ValidationResult result = validator.validate(parser);
                System.out.println(file + ": " + (result.isCompliant() ? "PDF/UA-1" : "not PDF/UA-1"));
                result.getTestAssertions().stream()
                        .filter(one -> one.getStatus() == TestAssertion.Status.FAILED)
                        .limit(40)
                        .forEach(one -> System.out.println("  " + one.getRuleId().getClause() + "-"
                                + one.getRuleId().getTestNumber() + " " + one.getLocation().getContext()));
                good &= result.isCompliant();
            }
        }
        System.exit(good ? 0 : 1);
    }
}
